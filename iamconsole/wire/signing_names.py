"""botocore's services by the name in the credential scope, where that is another or several share it.

The first of several is the one that a request is taken for until its operation says otherwise. A test
compares this table with botocore's models; it is written down because reading them all takes seconds.
"""

from __future__ import annotations

SIGNING_NAMES: dict[str, str] = {
    "IoTSecuredTunneling": "iotsecuretunneling",
    "access-analyzer": "accessanalyzer",
    "account-access": "account-access account-access-runtime",
    "aco-automation": "compute-optimizer-automation",
    "agent-registry": "agent-registry agent-registry-control",
    "aidevops": "devops-agent",
    "airflow": "mwaa",
    "airflow-serverless": "mwaa-serverless",
    "aoss": "opensearchserverless",
    "apigateway": "apigateway apigatewayv2",
    "app-integrations": "appintegrations",
    "appconfig": "appconfig appconfigdata",
    "application-cost-profiler": "applicationcostprofiler",
    "applicationinsights": "application-insights",
    "aps": "amp",
    "aws-marketplace": (
        "meteringmarketplace marketplace-agreement marketplace-catalog marketplace-deployment "
        "marketplace-discovery marketplace-entitlement marketplace-reporting"
    ),
    "awsssoportal": "sso",
    "backup-search": "backupsearch",
    "bedrock": (
        "bedrock bedrock-agent bedrock-agent-runtime bedrock-data-automation "
        "bedrock-data-automation-runtime bedrock-runtime"
    ),
    "bedrock-agentcore": "bedrock-agentcore bedrock-agentcore-control",
    "cases": "connectcases",
    "cassandra": "keyspaces keyspacesstreams",
    "chime": (
        "chime chime-sdk-identity chime-sdk-media-pipelines chime-sdk-meetings chime-sdk-messaging chime-sdk-voice"
    ),
    "cleanrooms-ml": "cleanroomsml",
    "cloudcontrolapi": "cloudcontrol",
    "cloudhsm": "cloudhsmv2 cloudhsm",
    "cloudsearch": "cloudsearch cloudsearchdomain",
    "cloudwatch": "cloudwatchomni",
    "codeguru-profiler": "codeguruprofiler",
    "connect": "connect connect-contact-lens connectscheduling",
    "connect-campaigns": "connectcampaigns connectcampaignsv2",
    "dynamodb": "dynamodb dynamodbstreams",
    "elasticfilesystem": "efs",
    "elasticloadbalancing": "elbv2 elb",
    "elasticmapreduce": "emr",
    "elemental-inference": "elementalinference",
    "end-user-messaging": "endusermessaging",
    "es": "opensearch es",
    "events": "events eventbridgev2",
    "execute-api": "apigatewaymanagementapi connectparticipant",
    "forecast": "forecast forecastquery",
    "geo": "location",
    "greengrass": "greengrass greengrassv2",
    "health-agent": "connecthealth",
    "iam": "iam iam-toolbox",
    "iotdata": "iot-data",
    "iotmanagedintegrations": "iot-managed-integrations",
    "ivs": "ivs ivs-realtime",
    "kinesisanalytics": "kinesisanalyticsv2 kinesisanalytics",
    "kinesisvideo": (
        "kinesisvideo kinesis-video-archived-media kinesis-video-media kinesis-video-signaling "
        "kinesis-video-webrtc-storage"
    ),
    "lambda": "lambda lambda-core lambda-microvms lambda-web",
    "launchwizard": "launch-wizard",
    "lex": "lex-models lex-runtime lexv2-models lexv2-runtime",
    "mediastore": "mediastore mediastore-data",
    "mgh": "mgh migrationhub-config",
    "migrationhub-orchestrator": "migrationhuborchestrator",
    "migrationhub-strategy": "migrationhubstrategy",
    "mobiletargeting": "pinpoint",
    "monitoring": "cloudwatch",
    "mturk-requester": "mturk",
    "neptune-db": "neptunedata",
    "notifications-contacts": "notificationscontacts",
    "osm": "opensearchmemory",
    "partnercentral": "partnercentral-revenue-measurement",
    "payment-cryptography": "payment-cryptography payment-cryptography-data",
    "personalize": "personalize personalize-events personalize-runtime",
    "pricingplanmanager": "pricing-plan-manager",
    "profile": "customer-profiles",
    "rds": "rds docdb neptune",
    "refactor-spaces": "migration-hub-refactor-spaces",
    "resiliencehub": "resiliencehub resiliencehubv2",
    "s3": "s3 s3control",
    "s3-outposts": "s3outposts",
    "sagemaker": (
        "sagemaker sagemaker-a2i-runtime sagemaker-edge sagemaker-featurestore-runtime "
        "sagemaker-inference-router-runtime sagemaker-metrics sagemaker-runtime sagemakerjobruntime "
        "sagemakertrainingsessionruntime"
    ),
    "scn": "supplychain",
    "sdb": "sdb simpledbv2",
    "servicecatalog": "servicecatalog servicecatalog-appregistry",
    "servicequotas": "service-quotas",
    "ses": "ses mailmanager pinpoint-email sesv2",
    "signer": "signer signer-data",
    "sms-voice": "sms-voice pinpoint-sms-voice pinpoint-sms-voice-v2",
    "social-messaging": "socialmessaging",
    "sso": "sso-admin",
    "sso-oauth": "sso-oidc",
    "states": "stepfunctions",
    "supportapp": "support-app",
    "tagging": "resourcegroupstaggingapi",
    "tax": "taxsettings",
    "thinclient": "workspaces-thin-client",
    "timestream": "timestream-write timestream-query",
    "voiceid": "voice-id",
    "wisdom": "wisdom qconnect",
}
# Names that an endpoint's rules put in the place of the model's: directory buckets, and access points for Lambda.
SIGNING_NAMES |= {"s3express": "s3", "s3-object-lambda": "s3"}

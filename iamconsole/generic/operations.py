"""What the Console Home and the Account page ask of services that this simulator otherwise lacks.

Each is decided and recorded as every other call, so a user without rights meets the same refusals as on
AWS, widget by widget. The answers are true: nothing here costs money, is unhealthy or is an application.
They are not offered on the wire, where a service of which one operation works would promise the others.
"""

from __future__ import annotations

from collections.abc import Sequence

from iamconsole.accounts.models import Account
from iamconsole.core.caller import Caller
from iamconsole.core.errors import AwsError
from iamconsole.core.operation import Call, Params, Resource, Response, operation, resolves
from iamconsole.core.regions import REGIONS


class DataUnavailable(AwsError):
    code = "DataUnavailableException"
    status = 400


@operation("ec2:DescribeRegions", keys={"ec2:Region": lambda call: call.context.region}, read_only=True, public=False)
def describe_regions(call: Call) -> Response:
    """The Regions that are enabled for the account."""
    return {
        "Regions": [
            {"RegionName": code, "Endpoint": f"ec2.{code}.amazonaws.com", "OptInStatus": "opt-in-not-required"}
            for code in REGIONS
        ]
    }


@operation("ce:GetCostAndUsage", read_only=True, public=False)
def get_cost_and_usage(
    call: Call, *, time_period: dict[str, str], granularity: str, metrics: Sequence[str]
) -> Response:
    """What the account cost in a time: nothing. Source for the shape: AWS Cost Explorer API, GetCostAndUsage."""
    none = {metric: {"Amount": "0", "Unit": "USD"} for metric in metrics}
    return {"ResultsByTime": [{"TimePeriod": time_period, "Total": none, "Groups": [], "Estimated": True}]}


@operation("ce:GetCostForecast", read_only=True, public=False)
def get_cost_forecast(call: Call, *, time_period: dict[str, str], granularity: str, metric: str) -> Response:
    """A forecast needs a past: AWS refuses it to an account that has not cost anything yet."""
    raise DataUnavailable("Insufficient amount of historical data to generate forecast")


@operation("servicecatalog:ListApplications", read_only=True, public=False)
def list_applications(call: Call) -> Response:
    return {"applications": []}


@operation("health:DescribeEventAggregates", read_only=True, public=False)
def describe_event_aggregates(call: Call, *, aggregate_field: str) -> Response:
    """How many events there are of each category: none of any."""
    return {"eventAggregates": []}


# -- AWS Account Management -----------------------------------------------------------------------------


@resolves("account")
def own_account(caller: Caller, asked: Sequence[Params]) -> list[Resource]:
    return [Resource(f"arn:aws:account::{caller.account_id}:account")] * len(asked)


@operation("account:GetAccountInformation", resource=own_account, read_only=True, public=False)
def get_account_information(call: Call) -> Response:
    account = Account.objects.get(pk=call.caller.account_key)
    return {"AccountId": account.account_id, "AccountName": account.name, "AccountCreatedDate": account.created}


@operation("account:GetPrimaryEmail", resource=own_account, read_only=True, public=False)
def get_primary_email(call: Call) -> Response:
    """The root user's e-mail address.

    On the wire AWS gives it to an organization's management account alone; its Account page shows it to
    who may see it.
    """
    return {"PrimaryEmail": Account.objects.get(pk=call.caller.account_key).root_email}

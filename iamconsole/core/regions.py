"""The Regions that are enabled in every account, with the names the console prints.

Source: AWS General Reference, "AWS Regions and Availability Zones".
"""

from __future__ import annotations

GROUPS = {
    "North America": {
        "us-east-1": "US East (N. Virginia)",
        "us-east-2": "US East (Ohio)",
        "us-west-1": "US West (N. California)",
        "us-west-2": "US West (Oregon)",
        "ca-central-1": "Canada (Central)",
    },
    "Europe": {
        "eu-central-1": "Europe (Frankfurt)",
        "eu-west-1": "Europe (Ireland)",
        "eu-west-2": "Europe (London)",
        "eu-west-3": "Europe (Paris)",
        "eu-north-1": "Europe (Stockholm)",
    },
    "Asia Pacific": {
        "ap-south-1": "Asia Pacific (Mumbai)",
        "ap-northeast-1": "Asia Pacific (Tokyo)",
        "ap-northeast-2": "Asia Pacific (Seoul)",
        "ap-northeast-3": "Asia Pacific (Osaka)",
        "ap-southeast-1": "Asia Pacific (Singapore)",
        "ap-southeast-2": "Asia Pacific (Sydney)",
    },
    "South America": {"sa-east-1": "South America (São Paulo)"},
}
REGIONS = {code: name for group in GROUPS.values() for code, name in group.items()}
DEFAULT = "us-east-1"
# Global services: their calls are events of this Region, whatever Region the client signed for.
GLOBAL_SERVICES = frozenset({"iam", "signin", "account", "ce", "health"})

"""Values for botocore shapes: one that fills every member, and a Hypothesis strategy for any."""

from __future__ import annotations

from datetime import UTC, datetime

from botocore.loaders import Loader
from botocore.model import ServiceModel
from hypothesis import strategies as st

SERVICES = ("iam", "sts", "s3")
# Not simulated, or not yet; they show that each protocol is read and written, not these three services only.
OTHERS = (
    *("sns", "elbv2", "autoscaling"),  # query
    "ec2",
    *("cloudtrail", "dynamodb", "kms", "logs", "organizations", "sqs"),  # json
    *("lambda", "eks", "apigateway", "accessanalyzer", "bedrock-runtime", "lex-runtime"),  # rest-json
    *("route53", "cloudfront", "s3control"),  # rest-xml
)
MODELS = {name: ServiceModel(Loader().load_service_model(name, "service-2"), name) for name in SERVICES + OTHERS}
OPERATIONS = [(name, operation) for name in SERVICES for operation in MODELS[name].operation_names]
OTHER_OPERATIONS = [(name, operation) for name in OTHERS for operation in MODELS[name].operation_names]
MOMENT = datetime(2026, 11, 24, 1, 2, 3, tzinfo=UTC)


def full(shape, above=()):
    """A value with every member filled, down to where a shape would hold itself."""
    kind = shape.type_name
    if getattr(shape, "is_document_type", False):
        return {"any": ["JSON", 1, 2.5, None, True, {"ü": {}}]}
    if kind == "structure":
        below = (*above, shape.name)
        members = {name: member for name, member in shape.members.items() if not holds(member, below)}
        if shape.is_tagged_union:
            members = dict(list(members.items())[:1])
        return {name: full(member, below) for name, member in members.items()}
    if kind == "list":
        return [full(shape.member, above), full(shape.member, above)]
    if kind == "map":
        return {"a-key": full(shape.value, above)}
    if kind == "timestamp":
        return MOMENT
    return {
        "string": shape.enum[0] if getattr(shape, "enum", None) else f"a {shape.name} & <ü>",
        "integer": 7,
        "long": 2**40,
        "float": 1.5,
        "double": -2.5e-7,
        "boolean": True,
        "blob": b"\x00bytes\xff",
    }[kind]


def holds(shape, names):
    """Whether `shape` is one of `names`, or a list or map of one."""
    if shape.type_name == "list":
        return holds(shape.member, names)
    return holds(shape.value, names) if shape.type_name == "map" else shape.name in names


# Header text must survive HTTP; body text must be what XML 1.0 can hold.
PLAIN = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters=","), min_size=1, max_size=20)
ANY = st.text(
    st.characters(exclude_categories=["Cs"])
    .filter(lambda c: c >= " " or c in "\t\n\r")
    .filter(lambda c: c not in "\ufffe\uffff"),
    max_size=30,
)
SEGMENT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)


def values(shape, place=None, depth=0):
    """A strategy of values of `shape` for a place: uri, header, headers, or None for the body."""
    kind = shape.type_name
    if getattr(shape, "is_document_type", False):
        return st.recursive(
            st.none() | st.booleans() | st.integers() | ANY,
            lambda inner: st.lists(inner) | st.dictionaries(ANY, inner),
            max_leaves=5,
        )
    if kind == "structure":
        if shape.is_tagged_union:
            return st.sampled_from(sorted(shape.members)).flatmap(
                lambda name: st.fixed_dictionaries({name: values(shape.members[name], None, depth + 1)})
            )
        members = {
            name: values(member, None, depth + 1)
            for name, member in shape.members.items()
            if depth < 4 or member.type_name not in ("structure", "list", "map")
        }
        scalar = {n for n, m in shape.members.items() if m.type_name not in ("structure", "list", "map")}
        always = set(shape.required_members) & members.keys() or set(list(scalar or members)[:1])
        return st.fixed_dictionaries(
            {name: members[name] for name in members if name in always},
            optional={name: members[name] for name in members if name not in always},
        )
    if kind == "list":
        return st.lists(values(shape.member, place, depth + 1), min_size=1, max_size=3)
    if kind == "map":
        keys = st.text("abcdefgh-", min_size=1, max_size=8).map(lambda text: "k" + text)
        return st.dictionaries(keys, values(shape.value, place, depth + 1), min_size=1, max_size=3)
    if kind == "timestamp":
        return st.datetimes(datetime(1971, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)).map(
            lambda moment: moment.replace(microsecond=0)
        )
    if getattr(shape, "enum", None):
        return st.sampled_from(shape.enum)
    if kind == "string":
        return {"uri": SEGMENT, "header": PLAIN, "headers": PLAIN}.get(place, ANY)
    return {
        "integer": st.integers(-(2**31), 2**31 - 1),
        "long": st.integers(-(2**63), 2**63 - 1),
        "boolean": st.booleans(),
        "blob": st.binary(max_size=20),
        "float": st.floats(allow_nan=False, allow_infinity=False),
        "double": st.floats(allow_nan=False, allow_infinity=False),
    }[kind]


def arguments(shape):
    """A strategy of an operation's parameters, or of its result: every required member and some others."""
    required = {}
    optional = {}
    for name, member in shape.members.items():
        if member.serialization.get("streaming") or member.serialization.get("eventstream"):
            continue
        place = member.serialization.get("location")
        strategy = values(member, place)
        if name == "Bucket":
            strategy = st.text("abcdefghijklmnopqrstuvwxyz0123456789.-", min_size=3, max_size=63).map(
                lambda text: "b" + text
            )
        if member.serialization.get("hostLabel"):  # botocore sends nothing else as part of a host's name
            strategy = st.text("abcxyz0189.-", min_size=1, max_size=20)
        (required if name in shape.required_members else optional)[name] = strategy
    return st.fixed_dictionaries(required, optional=optional)

"""What schemathesis is to know of the service: where webhooks may go, and which valid requests are refused, and why."""

import itertools
import json
import re

import schemathesis
from hypothesis import strategies as st
from schemathesis.specs.openapi.checks import negative_data_rejection

# Names under .example lead nowhere, so that nothing leaves this machine.
schemathesis.openapi.format(
    "uri", st.integers(0, 9).map(lambda number: f"https://receiver{number}.example/hooks")
)

# Each is (operation, what the answer says, why no schema says it).
REFUSED = [
    (r".*", r'"code":"rate_limited"', "Limits hold for whoever asks this often."),
    (r"GET /(v1|admin)/", r"ending_before: must not stand beside starting_after", "Two parameters."),
    (r".*", r"created_before: must not be before created_after", "Two instants are compared."),
    (
        r"POST /v1/webhook_(replays|deliveries/\{id\}/redeliver)$",
        r"(to|missing): does not go with a url",
        "Members that exclude each other are described in words.",
    ),
    (
        r"PATCH /admin/orgs/\{id\}",
        r"client_certificate: (no client certificate|this is the test side)",
        "Which certificates there are, the operator's bindings say.",
    ),
    (
        r"POST /v1/webhook_endpoints/\{id\}/test$",
        r"type: the endpoint does not take",
        "It is up to the endpoint.",
    ),
    (
        r"POST /v1/webhook_endpoints$",
        r"url: (is missing|does not go with)",
        "A URL and kind listen exclude each other.",
    ),
    (
        r"(POST|PATCH) /v1/webhook_endpoints",
        r"headers(\.[^:]*)?: ",
        "Names that are taken, and what there is to be kept, are described in words.",
    ),
    (
        r"(POST|PATCH) /v1/webhook_endpoints",
        r"filter(\.[^:]*)?: ",
        "What stands beside what, types of values, and depth are described in words.",
    ),
    (
        r"GET /v1/webhook_endpoints$",
        r"url: must be a URL|starting_after|external_id: must not look like",
        "What a URL is, is told by its parser; cursors exclude each other; what looks like an id is described in words.",
    ),
    (
        r"(POST|PATCH) /v1/webhook_endpoints",
        r"external_id: must not look like",
        "What looks like an id of the service is described in words.",
    ),
    (
        r"(POST|PATCH) /v1/webhook_endpoints",
        r"metadata: must have at most \d+ bytes",
        "Bytes are described in words.",
    ),
    (
        r"(POST|PATCH) /v1/webhook_endpoints",
        r"ordering_max_wait_seconds: goes with ordering",
        "A wait without an order is described in words, and PATCH asks what the endpoint has.",
    ),
    (
        r"POST /v1/webhook_endpoints/\{id\}/answers$",
        r"token: must be|status: is what came|error: does not go with|headers",
        "A token is what a stream has sent; an answer and a failure exclude each other.",
    ),
    (
        r"PATCH /v1/webhook_endpoints/\{id\}$",
        r": cannot be changed",
        "A member that is read only is compared with what it is.",
    ),
    (
        r"POST /admin/orgs/\{id\}/api_keys$",
        r"expires_at: must be (in the future|within)",
        "It is compared with the clock.",
    ),
    (
        r"PATCH /admin/orgs/\{id\}$",
        r"reason: stands beside|(name|sending): this is the test side",
        "A reason is for a pause; the test side has its name and its stop with its organization.",
    ),
    (
        r"(PUT|DELETE) /admin/stops/\{host\}$",
        r"host: must be",
        "What a host's name is, is told by the parser of URLs.",
    ),
    (
        r"POST /admin/orgs/\{id\}/move$",
        r"to: There is no database",
        "Which databases there are is up to the deployment.",
    ),
]

counter = itertools.count(1)


@schemathesis.hook
def before_load_schema(context, raw_schema):
    """Filters stand inside each other once: of what has no end it cannot always make what is wrong, and fails."""
    shape = raw_schema["components"]["schemas"]["EndpointFilter"]
    joins = ("all", "any", "not")
    condition = {
        "type": "object",
        "properties": {name: one for name, one in shape["properties"].items() if name not in joins},
        "required": ["path"],
        "minProperties": 2,
        "maxProperties": 2,
    }
    for name in joins:
        join = shape["properties"][name]
        shape["properties"][name] = condition if name == "not" else {**join, "items": condition}


@schemathesis.hook
def before_call(context, case, kwargs):
    """Each request comes from an address of its own: wrong credentials are counted by that."""
    number = next(counter)
    case.headers = case.headers or {}
    case.headers["CF-Connecting-IP"] = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


@schemathesis.check
def valid_data_is_accepted(ctx, response, case):
    """A request that the document allows is refused for a reason that stands in REFUSED, or not at all."""
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    if response.status_code not in (400, 413, 415, 429):
        return
    # It takes a null in one answer for an id of the next request.
    if any(str(value) == "None" for value in (case.path_parameters or {}).values()):
        return
    text = response.text
    if any(re.match(where, case.operation.label) and re.search(what, text) for where, what, _ in REFUSED):
        return
    raise AssertionError(f"Valid data was refused: {text[:300]}")


@schemathesis.check
def invalid_data_is_refused(ctx, response, case):
    """
    As the tool's own check has it, but that an event's own URL is judged by itself: whatever stands there costs
    its other destinations nothing, so the event is taken, and its answer says that this URL was not.
    """
    if response.status_code == 202 and '"reason":"invalid_url"' in response.text:
        return None
    return negative_data_rejection(ctx, response, case)

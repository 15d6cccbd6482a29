"""The words of messages: read and tried by all, changed by administrators."""

from urllib.parse import unquote

from aws_lambda_powertools.event_handler import Request, Response

from tocsin.services.templates import Templates

from .answers import found, nothing, written
from .call import Call, call_of
from .endpoints import PREFIX, Answer, Endpoints
from .moving import existing, expected
from .template_views import PreviewBody, PreviewView, TemplateBody, TemplateList, TemplateView

TEMPLATES = f"{PREFIX}/templates"
ONE = f"{TEMPLATES}/{{template}}"

templates = Endpoints("templates")


@templates("GET", TEMPLATES, answers={200: Answer(TemplateList)})
def list_templates(request: Request) -> Response[str]:
    """List the templates, also those that say nothing."""
    those = templates_of(call_of(request))
    return found(TemplateList(templates=[TemplateView.of(one) for one in those.every()]))


@templates("GET", ONE, answers={200: Answer(TemplateView)})
def show_template(request: Request, template: str) -> Response[str]:
    """Show a template. All are always there; version 0 was never changed."""
    one = templates_of(call_of(request)).named(unquote(template))
    return found(TemplateView.of(one), revision=one.version)


@templates("PUT", ONE, answers={200: Answer(TemplateView)}, refuses=[409, 412])
def put_template(request: Request, template: str, body: TemplateBody) -> Response[str]:
    """Change the words of a message, from the next one on; parts that are left out are as they are built in."""
    call = call_of(request)
    named = unquote(template)
    one = templates_of(call).put(named, body.parts, actor=call.actor, expected=_expected(call, named))
    return written(TemplateView.of(one), revision=one.version)


@templates("DELETE", ONE, answers={204: Answer(media="")}, refuses=[409, 412])
def delete_template(request: Request, template: str) -> Response[str]:
    """Go back to the words that are built in."""
    call = call_of(request)
    named = unquote(template)
    templates_of(call).remove(named, actor=call.actor, expected=_expected(call, named))
    return nothing()


@templates("POST", f"{ONE}/preview", answers={200: Answer(PreviewView)}, keyed=False)
def preview_template(request: Request, template: str, body: PreviewBody) -> Response[str]:
    """Show what a message would say, in these words or in those that are kept. Nothing is stored, and nothing sent.

    Without `incident_id` it is about an incident that is made up. The link that acknowledges does nothing.
    """
    from tocsin.services.paging.previewing import previewed

    call = call_of(request)
    those, named = templates_of(call), unquote(template)
    one = those.checked(named, body.parts) if body.parts else those.named(named)
    incident = None if body.incident_id is None else call.parts.incidents.incident(existing(body.incident_id))
    return written(PreviewView.of(one, previewed(one, incident, at=call.parts.clock())))


def templates_of(call: Call) -> Templates:
    """Return the templates that a call works on."""
    parts = call.parts
    return Templates(parts.store, parts.audit, clock=parts.clock, new_id=parts.new_id)


def _expected(call: Call, named: str) -> int | None:
    return expected(call, named, lambda: templates_of(call).named(named).version)

"""What the API takes and shows of templates: the domain's own words; what is misspelt is refused."""

from pydantic import Field

from tocsin.domain.message import Message
from tocsin.domain.template import Template, warnings

from .bodies import Body
from .texts import Something
from .views import View


class TemplateBody(Body):
    """The words of a message; what is left out is as it is built in."""

    subject: str = Field(default="", description="One line: of mail, and the first of a chat.")
    short: str = Field(default="", description="One line, for an SMS and a call.")
    text: str = Field(default="", description="The text of mail, and in a chat.")

    @property
    def parts(self) -> dict[str, str]:
        """What it says, by part."""
        said = {"subject": self.subject, "short": self.short, "text": self.text}
        return {part: text for part, text in said.items() if text.strip()}


class PreviewBody(TemplateBody):
    """The words to try; what is kept, where there are none."""

    incident_id: Something | None = Field(
        default=None, description="What it is to be about; one that is made up unless given."
    )


class TemplateView(Template):
    """A template. Parts that are empty are as they are built in."""

    @classmethod
    def of(cls, template: Template) -> "TemplateView":
        """Return what is shown of a template."""
        return cls.model_construct(**template.__dict__)


class TemplateList(View):
    """Every template, also those that say nothing."""

    templates: list[TemplateView]


class PreviewView(View):
    """A message as it would go out; `short` is for an SMS, `text` plain, `html` a whole document."""

    subject: str
    short: str
    text: str
    html: str
    warnings: tuple[str, ...] = Field(description="What is allowed, and most likely not meant.")

    @classmethod
    def of(cls, template: Template, message: Message) -> "PreviewView":
        """Return what is shown of what a template makes."""
        return cls(
            subject=message.subject,
            short=message.short,
            text=message.text,
            html=message.html,
            warnings=warnings(template),
        )

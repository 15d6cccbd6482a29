"""Templates: fields of a closed set, filled in once, and refused where they could not be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.domain.message import Tells
from tocsin.domain.template import (
    LONGEST_LINE,
    LONGEST_TEXT,
    Name,
    Part,
    Template,
    TemplateId,
    checked,
    filled,
    names_of,
    used,
    warnings,
)
from tocsin.errors import InvalidInput


def refused(template_id="page", **parts):
    """Return why a template is not taken, and the hint."""
    with pytest.raises(InvalidInput) as error:
        checked(Template(id=template_id, **parts))
    return str(error.value), error.value.hint


def test_there_is_one_for_what_tells_of_incidents_and_for_nothing_else():
    """One of each for a single incident, and one for several."""
    for one in TemplateId:
        assert TemplateId.of(one.tells, many=one.many) is one
    assert TemplateId.PAGE_MANY.tells is Tells.PAGE
    for tells in (Tells.NOTICE, Tells.TEST, Tells.CODE):
        assert TemplateId.of(tells, many=False) is TemplateId.of(tells, many=True) is None


@pytest.mark.parametrize("template_id", TemplateId)
@pytest.mark.parametrize("part", Part)
def test_every_field_of_a_part_is_taken_and_filled_in(template_id, part):
    """With and without braces; and no other."""
    names = names_of(template_id, part)
    for name in Name:
        for text in (f"x ${name} y", f"${{{name}}}s"):
            if name in names:
                assert checked(Template(id=template_id, **{part: text})).parts == {part: text}
                assert filled(text, dict.fromkeys(names, "v")) in ("x v y", "vs")
            else:
                assert f"no field ${name} there" in refused(template_id, **{part: text})[0]


def test_only_a_page_has_a_link_that_acknowledges_and_only_its_text_has_others():
    """A subject is in logs; of several incidents each has its own, in the list."""
    having = [(one, part) for one in TemplateId for part in Part if Name.ACKNOWLEDGE in names_of(one, part)]
    assert having == [(TemplateId.PAGE, Part.SHORT), (TemplateId.PAGE, Part.TEXT)]
    assert Name.RUNBOOK not in names_of(TemplateId.PAGE, Part.SHORT)


def test_a_field_that_is_none_is_refused_with_the_nearest():
    """And with all that there are."""
    assert refused(subject="$titel") == (
        "subject: page has no field $titel there; did you mean $title?",
        "its fields are $severity, $id, $title, $service, $environment, $since, $status, $message",
    )
    assert refused(text="$zzzzzz")[0] == "text: page has no field $zzzzzz there"
    assert "no field $TITLE there; did you mean $title?" in refused(text="$TITLE")[0]


@pytest.mark.parametrize("text", ["costs 5 $", "$5", "${title", "$ title", "${}", "$é"])
def test_a_dollar_that_begins_no_field_is_refused(text):
    """Two of them are one dollar."""
    assert refused(text=text) == ("text: a $ begins no field", "write $$ for a dollar")
    assert filled(checked(Template(id="page", text="5 $$ $id")).text, {"id": "INC-1"}) == "5 $ INC-1"


def test_lengths_are_bounded_and_what_is_short_is_one_line():
    """A text may have lines, and nothing else that cannot be printed."""
    for part, longest in (("subject", LONGEST_LINE), ("short", LONGEST_LINE), ("text", LONGEST_TEXT)):
        assert checked(Template(id="page", **{part: "x" * longest}))
        assert (
            refused(**{part: "x" * (longest + 1)})[0]
            == f"{part}: at most {longest} characters; these are {longest + 1}"
        )
    for part in ("subject", "short"):
        assert refused(**{part: "one\ntwo"})[0] == f"{part}: it is one line"
    assert checked(Template(id="page", text=" one\r\n\ttwo \n")).text == "one\n\ttwo"
    for bad in ("\x00", "\u202e", "\ud800", "\x1b[2J"):
        assert refused(text=f"a{bad}b")[0] == "text: a character that cannot be printed"


def test_a_template_says_something():
    """Blanks are nothing."""
    assert refused()[0] == refused(subject=" ", text="\n")[0] == "a template needs a subject, a short or a text"


def test_what_is_most_likely_not_meant_is_a_warning():
    """It is taken all the same."""
    said = warnings(checked(Template(id="page", subject="s", short="s", text="t")))
    assert [one.split(":")[0] for one in said] == ["short", "text"]
    assert all("$acknowledge" in one for one in said)
    assert warnings(Template(id="page", subject="s", text="$acknowledge")) == ()
    assert "$list" in warnings(Template(id="page_many", text="$count"))[0]
    assert warnings(Template(id="page_many", short="x", text="$list")) == ()
    assert warnings(Template(id="all_clear", text="x")) == ()


def test_a_line_whose_fields_are_all_empty_is_left_out():
    """What has no field, or one that says something, stays."""
    values = {"runbook": "", "service": "shop", "environment": ""}
    text = "Runbook: $runbook\n\nService: $service $environment\nend"
    assert filled(text, values) == "\nService: shop \nend"


def test_what_cannot_be_filled_in_says_so():
    """A field that is not known any more; a dollar alone."""
    with pytest.raises(KeyError):
        filled("$title $gone", {"title": "x"})
    with pytest.raises(ValueError, match="Invalid placeholder"):
        filled("$", {})


@given(st.text(max_size=60))
def test_values_are_filled_in_once(value):
    """Whatever strangers write is a value, also if it looks like a field."""
    assert filled("a $title b", {"title": f"$id {value}", "id": "secret"}) == f"a $id {value} b"


@given(st.text(alphabet="$ {}abcdefgit\nle_", max_size=40), st.sampled_from(TemplateId), st.sampled_from(Part))
def test_whatever_is_taken_can_be_filled_in(text, template_id, part):
    """No template that was saved fails when somebody is paged."""
    try:
        template = checked(Template(id=template_id, **{part: text}))
    except InvalidInput:
        return
    said = template.parts[part]
    assert used(said) <= set(names_of(template_id, part))
    filled(said, dict.fromkeys(Name, ""))

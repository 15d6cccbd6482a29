"""docs/access.md is the table that the code runs."""

import access_page
from tocsin.api.routes import ROUTES


def test_the_page_is_written_from_the_table():
    """`make access` writes it anew."""
    assert access_page.PAGE.read_text(encoding="utf-8") == access_page.page()


def test_every_row_of_the_table_is_a_route():
    """What was removed goes from the table too; what is declared has a row, or it could not be."""
    routes = {f"{one.endpoint.method} {one.endpoint.path}" for one in ROUTES}
    assert set(access_page.TABLE) == routes

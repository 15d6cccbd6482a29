"""How much of a text from outside is kept, in characters. What is longer is cut, and says so where it was cut."""

LONGEST_TITLE = 1_000
"""Datadog's own limit is lower; a hostile or broken title must not fill the store."""

LONGEST_MESSAGE = 8_000
"""Of a monitor's message, template text included, and of what an alert says."""

LONGEST_QUERY = 4_000

LONGEST_GROUP = 1_000
"""Of the name of a monitor's group as it is shown; its key is made of the whole name."""

LONGEST_PART = 200
"""Of what tells a pushed alert from its neighbours. It stands in the alert's row, which every repetition rewrites."""

LONGEST_NAME = 1_000
"""Of a service, an environment or a team."""

LONGEST_TAG = 250
"""Datadog cuts tags at 200."""

MOST_TAGS = 250
"""Tags kept of one monitor or alert, and of one group. A number of tags, not of characters."""

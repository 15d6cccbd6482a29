"""Paging: from the intent that an incident's change left in the store to what a provider answered.

The store is the outbox. A round takes what is due, and everything it does is in one of four modules:

- ``escalating``: a cycle's next step becomes pages, one for each person and way, in the commit that takes the step;
- ``delivering``: pages of one place are taken with a lease, looked at once more, sent, and recorded;
- ``passing``: what could not be sent goes another way, or to the fallback; that nobody is left is an event and logged;
- ``telling``: what happened to an incident becomes pages to those who were told of it.

**Promises.** Exactly one intent. At least one attempt. Nothing is sent whose last look at the incident began after the
acknowledgement was committed. A duplicate is possible only if the process dies between the provider's answer and our
record of it, and it bears the same id.

**One rule for what holds.** Muted, snoozed or silenced: the cycle ends, and what ends the hold begins a new one. What
waits for a known time (quiet hours, until morning, too many messages) is looked at again then.
"""

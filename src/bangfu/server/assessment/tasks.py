"""The long work of assessment, carried out by the worker.

Each module is imported when its work begins: what answers a register takes a second to import, which no other process of
the server, and no short command, should wait for.
"""

from __future__ import annotations

from typing import Any

from bangfu.server.jobs.kinds import job
from bangfu.server.jobs.running import JobRun


@job("assessment.nightly", "每晚测算")
def answer_the_register(run: JobRun) -> dict[str, Any]:
    """Answer the whole register of a district."""
    from bangfu.server.assessment import nightly

    return nightly.carry_out(run)


@job("assessment.whatif", "政策试算")
def try_a_change(run: JobRun) -> dict[str, Any]:
    """Answer the register under two packs."""
    from bangfu.server.assessment import whatif

    return whatif.carry_out(run)

"""The long work of assessment, carried out by the worker."""

from __future__ import annotations

from typing import Any

from bangfu.server.assessment import nightly, whatif
from bangfu.server.jobs.kinds import job
from bangfu.server.jobs.running import JobRun


@job(nightly.KIND, "每晚测算")
def answer_the_register(run: JobRun) -> dict[str, Any]:
    """Answer the whole register of a district."""
    return nightly.carry_out(run)


@job(whatif.KIND, "政策试算")
def try_a_change(run: JobRun) -> dict[str, Any]:
    """Answer the register under two packs."""
    return whatif.carry_out(run)

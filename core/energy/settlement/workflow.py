"""The settlement of an account's month, declared: `docs/settlement.md` has the picture of it."""

from __future__ import annotations

from core.energy.settlement import tasks
from core.energy.settlement.batches import ended
from core.kernel.workflow.declared import Choice, Map, Parallel, Ref, Retry, Task, Workflow

RETRY = Retry(attempts=3, wait_s=2, factor=2)
PLAN = Ref("validate")
ALL = {"plan": PLAN, "totals": Ref("total"), "estimated": Ref("estimate", optional=True)}

WORKFLOW = Workflow(
    (
        Task(
            "validate",
            tasks.validate,
            {"account": Ref("input.account"), "month": Ref("input.month")},
            RETRY,
            timeout_s=120,
        ),
        Map(
            "points",
            Ref("validate.points"),
            (Task("total", tasks.total, {"point": Ref("item"), "plan": PLAN}, RETRY, timeout_s=120),),
            at_most=10,
        ),
        Task("gather", tasks.gather, {"totals": Ref("total")}, RETRY),
        Choice(
            "gaps",
            Ref("gather.missing"),
            ">",
            0,
            then=(
                Choice(
                    "asked",
                    Ref("input.estimate"),
                    "==",
                    True,
                    then=(
                        Map(
                            "incomplete",
                            Ref("gather.incomplete"),
                            (Task("estimate", tasks.estimate, {"point": Ref("item"), "plan": PLAN}, RETRY, 120),),
                            at_most=10,
                        ),
                    ),
                    otherwise=(Task("stop", tasks.stop, {"found": Ref("gather")}, RETRY),),
                ),
            ),
        ),
        Task("price", tasks.price, ALL, RETRY),
        Task("compare", tasks.compare, {"plan": PLAN, "prices": Ref("price")}, RETRY),
        Choice(
            "news",
            Ref("compare.changed"),
            "==",
            True,
            then=(
                Parallel(
                    "files",
                    {
                        "lines": (
                            Task(
                                "csv",
                                tasks.write_csv,
                                {"plan": PLAN, "prices": Ref("price"), "version": Ref("compare.version")},
                                RETRY,
                            ),
                        ),
                        "details": (Task("days", tasks.write_days, {**ALL, "version": Ref("compare.version")}, RETRY),),
                    },
                ),
                Task(
                    "publish",
                    tasks.publish,
                    {
                        "plan": PLAN,
                        "prices": Ref("price"),
                        "compared": Ref("compare"),
                        "csv": Ref("csv"),
                        "days": Ref("days"),
                    },
                    RETRY,
                ),
            ),
        ),
    ),
    ended=ended,
)

"""A workflow as a picture, in Mermaid, which GitHub and most viewers of Markdown draw; and in words, for all others."""

from __future__ import annotations

from collections.abc import Iterator

from core.kernel.workflow.declared import Choice, Fail, Map, Parallel, Step, Task, Workflow


def picture(workflow: Workflow) -> str:
    drawn = _Drawing()
    ends = drawn.row(workflow.steps, [("begin", "")])
    drawn.join(ends, "done")
    return "\n".join(["flowchart TD", "  begin((begin))", "  done((done))", *drawn.lines])


def outline(workflow: Workflow) -> str:
    """Its steps as a list within lists, one after the other from above."""
    return "\n".join(_told(workflow.steps, ""))


def _told(steps: tuple[Step, ...], indent: str) -> Iterator[str]:
    for step in steps:
        match step:
            case Task():
                yield f"{indent}- `{step.name}`"
                for code, body in step.catch.items():
                    yield f"{indent}  - when it fails with `{code}`:"
                    yield from _told(body, f"{indent}    ")
            case Choice():
                yield f"{indent}- `{step.name}`: if `{step.value.path} {step.operator} {step.other}`:"
                yield from _told(step.then, f"{indent}  ")
                if step.otherwise:
                    yield f"{indent}- else:"
                    yield from _told(step.otherwise, f"{indent}  ")
            case Map():
                yield f"{indent}- `{step.name}`: for each of `{step.over.path}`, {step.at_most} at once:"
                yield from _told(step.do, f"{indent}  ")
            case Parallel():
                yield f"{indent}- `{step.name}`, side by side:"
                for name, body in step.branches.items():
                    if len(body) > 1:
                        yield f"{indent}  - `{name}`:"
                    yield from _told(body, f"{indent}    " if len(body) > 1 else f"{indent}  ")
            case Fail():
                yield f"{indent}- it fails with `{step.code}`"


Ends = list[tuple[str, str]]
"""The nodes that a row ends with, each with the word on its edge."""


class _Drawing:
    def __init__(self) -> None:
        self.lines: list[str] = []

    def row(self, steps: tuple[Step, ...], before: Ends) -> Ends:
        for step in steps:
            before = self._step(step, before)
        return before

    def join(self, before: Ends, node: str) -> None:
        self.lines += [f"  {one} -->{f'|{word}|' if word else ''} {node}" for one, word in before]

    def _step(self, step: Step, before: Ends) -> Ends:
        match step:
            case Task():
                self.lines.append(f'  {step.name}["{step.name}"]')
                self.join(before, step.name)
                caught = [end for code, body in step.catch.items() for end in self.row(body, [(step.name, code)])]
                return [(step.name, ""), *caught]
            case Choice():
                self.lines.append(f'  {step.name}{{"{step.value.path} {step.operator} {step.other}?"}}')
                self.join(before, step.name)
                then = self.row(step.then, [(step.name, "yes")])
                return then + (self.row(step.otherwise, [(step.name, "no")]) if step.otherwise else [(step.name, "no")])
            case Map():
                word = f"for each of {step.over.path}, {step.at_most} at once"
                self.lines.append(f'  subgraph {step.name}["{word}"]')
                first = step.do[0].name
                inside = self.row(step.do, [])
                self.lines.append("  end")
                self.join(before, first)
                return inside
            case Parallel():
                self.lines.append(f'  subgraph {step.name}["side by side"]')
                inside = [end for body in step.branches.values() for end in self.row(body, [])]
                self.lines.append("  end")
                for body in step.branches.values():
                    self.join(before, body[0].name)
                return inside
            case Fail():
                self.lines.append(f'  {step.name}[/"fails: {step.code}"/]')
                self.join(before, step.name)
                return []

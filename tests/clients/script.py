"""Clients that run in a program of their own and print a line for each check."""

from harness import Failed, expect, run


def report_script(report, name, command, environment):
    """Runs the program. Its lines are "ok TEXT" or "FAIL TEXT: REASON"; each becomes a check."""
    lines = []
    with report.check(f"{name}: the program runs to its end"):
        lines = run(command, environment).splitlines()
        expect(lines, "it printed nothing")
    for line in lines:
        verdict, _, text = line.partition(" ")
        with report.check(f"{name}: {text.partition(': ')[0]}"):
            if verdict != "ok":
                raise Failed(line)

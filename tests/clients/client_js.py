"""The AWS SDK for JavaScript v3 with its default settings: js/lifecycle.mjs, run by node.

scripts/setup.sh installs the packages of js/package-lock.json outside the checkout.
"""

from pathlib import Path

from harness import Failed, expect, run

SCRIPT = Path(__file__).parent / "js" / "lifecycle.mjs"
PACKAGES = Path.home() / ".cache" / "riznica" / "js"


def life_cycle(report, target, corpus):
    """Runs the script; each line that it prints is a check."""
    extra = {"NODE_EXTRA_CA_CERTS": target.ca_file} if target.ca_file else {}
    environment = target.environment(
        # This SDK does not read AWS_DEFAULT_REGION.
        AWS_REGION=target.environment()["AWS_DEFAULT_REGION"],
        RIZNICA_ENDPOINT=target.endpoint,
        RIZNICA_LARGE_FILE=str(corpus.large),
        RIZNICA_JS_PACKAGES=str(PACKAGES),
        **extra,
    )
    lines = []
    with report.check(f"aws-sdk-js {target.scheme}: the script runs to its end"):
        lines = run(["node", SCRIPT], environment).splitlines()
        expect(lines, "it printed nothing")
    for line in lines:
        verdict, _, text = line.partition(" ")
        with report.check(f"aws-sdk-js {target.scheme}: {text.partition(': ')[0]}"):
            if verdict != "ok":
                raise Failed(line)

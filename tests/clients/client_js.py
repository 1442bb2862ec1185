"""The AWS SDK for JavaScript v3 with its default settings: js/lifecycle.mjs, run by node.

scripts/setup.sh installs the packages of js/package-lock.json outside the checkout.
"""

from pathlib import Path

from harness import REGION
from script import report_script

SCRIPT = Path(__file__).parent / "js" / "lifecycle.mjs"
PACKAGES = Path.home() / ".cache" / "riznica" / "js"


def life_cycle(report, target, corpus):
    """Buckets, puts, parts, pages, copies, links and errors."""
    extra = {"NODE_EXTRA_CA_CERTS": target.ca_file} if target.ca_file else {}
    environment = target.environment(
        AWS_REGION=REGION,  # this SDK does not read AWS_DEFAULT_REGION
        RIZNICA_ENDPOINT=target.endpoint,
        RIZNICA_LARGE_FILE=str(corpus.large),
        RIZNICA_JS_PACKAGES=str(PACKAGES),
        **extra,
    )
    report_script(report, f"aws-sdk-js {target.scheme}", ["node", SCRIPT], environment)

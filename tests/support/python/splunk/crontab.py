"""Says which of its arguments are no times of cron, one a line."""

import sys

from croniter import croniter

for times in sys.argv[1:]:
    if len(times.split()) != 5 or not croniter.is_valid(times):
        print(times)

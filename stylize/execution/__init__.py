"""Jobs, the one loop that runs them, the finish of their pictures, and executors: where they run.

:func:`execute` is the loop; an :class:`Executor` says where the work is done.

Importing this package brings no torch.
"""

from .events import Done, Ended, Event, Executor, Failed, Fetched, Fetching, Step, Stop
from .job import Job
from .learn_job import LearnJob
from .local import OneByOne
from .loop import execute, execute_all
from .result import Result

__all__ = [
    "Done",
    "Ended",
    "Event",
    "Executor",
    "Failed",
    "Fetched",
    "Fetching",
    "Job",
    "LearnJob",
    "OneByOne",
    "Result",
    "Step",
    "Stop",
    "execute",
    "execute_all",
]

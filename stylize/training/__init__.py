"""How the networks are trained: a task gives the networks and their losses, one loop trains any task.

Importing this package brings no torch.
"""

from .config import Config, TrainingError
from .task_settings import TASKS

__all__ = ["TASKS", "Config", "TrainingError"]

"""How the networks are made: a task gives the networks and their losses, one loop trains any task.

Importing this package brings no torch.
"""

from .config import TASKS, Config, TrainingError

__all__ = ["TASKS", "Config", "TrainingError"]

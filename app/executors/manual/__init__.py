"""By hand: a person does it elsewhere and records the reference."""

from app.executors.manual.executor import ManualExecutor

__all__ = ["ManualExecutor"]

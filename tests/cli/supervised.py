"""A supervisor for the tests beside it, over commands given as JSON: ``supervised.py '[["sleep", "60"]]'``"""

import json
import sys

from app.cli.supervisor import Program, StopRequested, Supervisor


def say(text: str) -> None:
    print(text, flush=True)


def main() -> None:
    commands: list[list[str]] = json.loads(sys.argv[1])
    try:
        with Supervisor(say) as supervisor:
            for number, command in enumerate(commands):
                supervisor.start(Program(f"P{number}", command, last=number == 0))
            say("started")
            supervisor.run()
    except StopRequested:
        say("stopped")


if __name__ == "__main__":
    main()

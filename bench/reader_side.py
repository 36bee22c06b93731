"""The reference of ``bench.collect``: PyPI's ``reader`` does the same work. Runs in an environment of its own.

Usage: ``python bench/reader_side.py PORT FEEDS DATABASE WORKERS``; each line on stdin is one update, answered with
seconds, seconds of processor time, the peak of resident memory in kB, and how many entries there are.
"""

import resource
import sys
import time


def main() -> None:
    from reader import make_reader  # installed only in the reference's environment

    port, feeds, database, workers = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
    # Without plugins: reading and storing feeds, nothing else.
    reader = make_reader(database, plugins=[])
    for number in range(feeds):
        reader.add_feed(f"http://127.0.0.1:{port}/{number}.atom")
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, flush=True)
    for _line in sys.stdin:
        begun, spent = time.perf_counter(), time.process_time()
        reader.update_feeds(workers=workers, scheduled=False)
        seconds, spent = time.perf_counter() - begun, time.process_time() - spent
        count = reader.get_entry_counts().total
        print(seconds, spent, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, count, flush=True)


if __name__ == "__main__":
    main()

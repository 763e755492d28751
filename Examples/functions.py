"""The functions of functions.yaml. They need nothing but Python's standard library."""

import os
import random
import statistics


def greet(name, times=1):
    """What is printed goes to the task's stdout."""
    for _ in range(times):
        print(f"hello, {name}, from {os.environ['SCALEMS_TASK_ID']}")
    return f"{name} was greeted"


def walk(seed, steps, width):
    """A random walk; its mean position goes into a file of the task's directory."""
    numbers = random.Random(seed)
    position = total = 0.0
    for _ in range(steps):
        position += numbers.gauss(0, width)
        total += position
    mean = total / steps
    with open("mean", "w") as file:
        print(mean, file=file)
    return {"seed": seed, "mean": round(mean, 3), "end": round(position, 3)}


def summary(directory):
    """Puts the means of all walks together."""
    means = []
    for name in os.listdir(directory):
        with open(os.path.join(directory, name)) as file:
            means.append(float(file.read()))
    return {"walks": len(means), "mean": statistics.mean(means), "deviation": statistics.stdev(means)}

"""The next values of a sweep, by Optuna's tree-structured Parzen estimator.

stdin: {"spaces": […], "trials": [{"values": […], "mIoU": number or null (it failed)}], "seed": n, "startup": n}
stdout: the values, in the order of the spaces
"""

import json
import sys

import optuna
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import TrialState, create_trial


def distribution(space):
    kind = space["kind"]
    if kind == "choices":
        # Places in the list: choices may be of any kind.
        return CategoricalDistribution(list(range(len(space["choices"]))))
    if kind == "whole":
        return IntDistribution(space["from"], space["to"])
    return FloatDistribution(space["from"], space["to"], log=kind == "log")


def inner(space, value):
    return space["choices"].index(value) if space["kind"] == "choices" else value


def outer(space, value):
    return space["choices"][value] if space["kind"] == "choices" else value


def main():
    request = json.load(sys.stdin)
    spaces = request["spaces"]
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    distributions = {str(i): distribution(space) for i, space in enumerate(spaces)}
    sampler = optuna.samplers.TPESampler(seed=request["seed"], n_startup_trials=request["startup"])
    study = optuna.create_study(direction="maximize", sampler=sampler)
    for trial in request["trials"]:
        mIoU = trial["mIoU"]
        params = {str(i): inner(space, trial["values"][i]) for i, space in enumerate(spaces)}
        state = TrialState.FAIL if mIoU is None else TrialState.COMPLETE
        study.add_trial(create_trial(state=state, value=mIoU, params=params, distributions=distributions))
    asked = study.ask(distributions)
    json.dump([outer(space, asked.params[str(i)]) for i, space in enumerate(spaces)], sys.stdout)


main()

"""Golden values of the optimizers, by torch.optim. Writes test/conformance/golden/optimizers.json.

Run again with any Python that has PyTorch: python test/oracles/optimizers.py
"""
import json
import pathlib

import torch

STEPS = 7
CASES = {
    "sgd": ({"kind": "sgd", "learningRate": 0.1, "momentum": 0.0, "weightDecay": 0.0},
            lambda p: torch.optim.SGD(p, lr=0.1)),
    "sgd with momentum and decay": ({"kind": "sgd", "learningRate": 0.05, "momentum": 0.9, "weightDecay": 0.01},
                                    lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9, weight_decay=0.01)),
    "adam": ({"kind": "adam", "learningRate": 0.01, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "weightDecay": 0.0},
             lambda p: torch.optim.Adam(p, lr=0.01)),
    "adam with decay": ({"kind": "adam", "learningRate": 0.02, "beta1": 0.8, "beta2": 0.95, "epsilon": 1e-6,
                         "weightDecay": 0.1},
                        lambda p: torch.optim.Adam(p, lr=0.02, betas=(0.8, 0.95), eps=1e-6, weight_decay=0.1)),
    "adamw": ({"kind": "adamw", "learningRate": 0.01, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8,
               "weightDecay": 0.2},
              lambda p: torch.optim.AdamW(p, lr=0.01, weight_decay=0.2)),
}


def main():
    torch.manual_seed(3)
    start = torch.randn(6)
    gradients = torch.randn(STEPS, 6) * torch.tensor([1, 10, 0.1, 1e-4, 1, 0])
    cases = []
    for name, (settings, make) in CASES.items():
        parameter = start.clone().requires_grad_(True)
        optimizer = make([parameter])
        after = []
        for step in range(STEPS):
            # The learning rate changes from step to step, as under a schedule.
            rate = settings["learningRate"] * (1 - step / 10)
            optimizer.param_groups[0]["lr"] = rate
            parameter.grad = gradients[step].clone()
            optimizer.step()
            after.append(parameter.tolist())
        cases.append({"name": name, "settings": settings, "after": after})
    golden = {"torch": torch.__version__, "start": start.tolist(), "gradients": gradients.tolist(), "cases": cases}
    path = pathlib.Path(__file__).parent.parent / "conformance" / "golden" / "optimizers.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(golden, indent=1) + "\n")


if __name__ == "__main__":
    main()

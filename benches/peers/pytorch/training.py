"""Training steps of the measured networks in PyTorch.

The networks are those of scripts/golden_networks.py, which the project's own references are made with. What is here is
what speed depends on: where tensors lie, how many passes a step makes, and an update in few launches.
"""

import sys
from pathlib import Path

import torch
from torch._dynamo import config as dynamo
from torch._inductor import config as inductor
from torch.nn import functional as F

sys.dont_write_bytecode = True  # No files beside the project's scripts.
sys.path.append(str(Path(__file__).resolve().parents[3] / "scripts"))
from golden_networks import Gan, is_state  # noqa: E402

LR, DECAY, EPS = 1e-4, 0.9, 1e-6
IMAGES = 1024  # Enough that a batch is seldom the same twice.

DCGAN = {"net": "dcgan", "activation": "auto"}
WORKLOADS = {
    name: {**DCGAN, "width": side, "height": side, "channels": channels, "batch_size": batch, "code_size": code,
           "nfeature": width, "nlayer": levels}
    for name, side, channels, batch, code, width, levels in [
        ("gan16", 16, 1, 16, 32, 16, 2),
        ("gan32", 32, 3, 32, 128, 64, 3),
        ("gan64", 64, 3, 32, 128, 64, 4),
        ("gan160", 160, 3, 32, 256, 64, 5),
    ]
}


class Training(Gan):
    """Both networks of a configuration on a device, the optimiser's state, and images to train on."""

    def __init__(self, config, device="cpu", dtype=torch.float32, channels_last=False):
        super().__init__(config, dtype)
        self.device, self.channels_last = device, channels_last
        for name, value in self.p.items():
            self.p[name] = self.placed(value.detach()).requires_grad_(not is_state(name))
        self.values = {side: [self.p[name] for name in self.names(side)] for side in ("gen.", "dis.")}
        self.squares = {side: [torch.zeros_like(value) for value in values] for side, values in self.values.items()}
        self.slopes = {side: [self.p[name] for name in self.names(side) if name.endswith("prelu.weight")]
                       for side in ("gen.", "dis.")}
        shape = [config[key] for key in ("channels", "height", "width")]
        self.images = self.placed(torch.rand(IMAGES, *shape, dtype=dtype))

    def placed(self, tensor):
        last = self.channels_last and tensor.dim() == 4
        return tensor.to(self.device, memory_format=torch.channels_last if last else torch.preserve_format)

    def gradients(self, loss, side, retain=False):
        return torch.autograd.grad(loss, self.values[side], retain_graph=retain)

    @torch.no_grad()
    def update(self, side, grads):
        """RMSprop with eps outside the root, then slopes into [0, 1]. All tensors of a network share each launch.
        torch.optim.RMSprop(foreach=True) computes the same; it also counts steps, which a captured graph cannot do on
        the CPU."""
        squares = self.squares[side]
        torch._foreach_mul_(squares, DECAY)
        torch._foreach_addcmul_(squares, grads, grads, 1 - DECAY)
        roots = torch._foreach_sqrt(squares)
        torch._foreach_add_(roots, EPS)
        torch._foreach_addcdiv_(self.values[side], grads, roots, -LR)
        if self.slopes[side]:
            torch._foreach_clamp_min_(self.slopes[side], 0.0)
            torch._foreach_clamp_max_(self.slopes[side], 1.0)

    def step(self, real, z_d, z_g):
        """One training step; D's losses on real images and fakes, and G's."""
        alternating = self.config["order"] == "alternating"
        if alternating:
            with torch.no_grad():
                fake = self.generator(z_d)
        else:
            fake = self.generator(z_g)
        if alternating and self.config["norm"] != "batch":
            # Nothing couples the images of a batch, so that one pass serves both.
            of_real, of_fake = self.discriminator(torch.cat([real, fake])).chunk(2)
        else:
            of_real, of_fake = self.discriminator(real), self.discriminator(fake)
        d_real, d_fake = F.softplus(-of_real).mean(), F.softplus(of_fake).mean()
        d_grads = self.gradients(d_real + d_fake, "dis.", retain=not alternating)
        if alternating:
            self.update("dis.", d_grads)
            of_fake = self.discriminator(self.generator(z_g))
        g_loss = F.softplus(-of_fake).mean()
        g_grads = self.gradients(g_loss, "gen.")
        if not alternating:
            self.update("dis.", d_grads)
        self.update("gen.", g_grads)
        return torch.stack([d_real.detach(), d_fake.detach(), g_loss.detach()])

    def random_step(self):
        """A step on images and codes drawn on the device, as the program it is compared with does."""
        batch, code = self.config["batch_size"], self.config["code_size"]
        real = self.images.index_select(0, torch.randint(IMAGES, (batch,), device=self.device))
        codes = lambda: torch.randn(batch, code, device=self.device)
        z_d = codes() if self.config["order"] == "alternating" else None
        return self.step(real, z_d, codes())


def flop_per_step(gan):
    """Multiply-adds of the convolutions and linear layers, two operations each; as src/gan/cost.rs counts them."""
    config, levels = gan.config, [sides for sides, _ in gan.levels()]
    widths = [config["channels"]] + [config["nfeature"] << i for i in range(len(levels))]
    maps = [16 * widths[i] * widths[i + 1] * h * w for i, (h, w) in enumerate(levels)]
    inmost = widths[-1] * levels[-1][0] * levels[-1][1]
    linear = config["code_size"] * inmost
    g, d = linear + sum(maps), sum(maps) + inmost
    g_forward, d_forward = (2, 3) if config["order"] == "alternating" else (1, 2)
    generator = g_forward * g + g + (g - linear)
    discriminator = d_forward * d + 2 * d + 2 * (d - maps[0]) + d
    return 2 * config["batch_size"] * (generator + discriminator)


def compiled(function, device):
    """`function`, gradients and updates included, as one graph of torch.compile."""
    try:
        dynamo.trace_autograd_ops = True
    except AttributeError:
        raise SystemExit(f"Compiling a whole training step needs PyTorch 2.11 or newer; this is {torch.__version__}.")
    if device == "cpu":
        # The generator of C++ looks for a read of every buffer in loops that it joins, and stops with a KeyError where
        # a buffer is only overwritten by an update (2.11 and 2.15). That of CUDA has no such joining.
        inductor.max_fusion_size = 1
    return torch.compile(function, fullgraph=True)


def captured(function):
    """`function` as one CUDA graph: what it launched while it was recorded is launched again, by one call."""
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(3):  # Compilers and libraries allocate and choose their kernels before the recording.
            function()
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        result = function()

    def replay():
        graph.replay()
        return result

    return replay

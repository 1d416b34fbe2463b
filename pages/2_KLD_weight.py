"""The KLD weight: a slider that retrains on demand."""

from ui import closer, kld_weight, panels

panels.page(
    "KLD weight",
    "β weighs the KLD against the reconstruction. Move it: towards 0 the latent space spreads and tears, "
    "far to the right it is a perfect Gaussian that knows nothing of the image.",
)
tried = kld_weight.exhibit()
closer.views(tried)

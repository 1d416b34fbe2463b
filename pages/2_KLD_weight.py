"""The KLD weight: a slider that retrains on demand."""

from ui.kld_weight import closer, exhibit
from ui.shell import panels

panels.page(
    "KLD weight",
    "β weighs the KLD against the reconstruction. Move it: towards 0 the latent space spreads and tears, "
    "far to the right it is a perfect Gaussian that knows nothing of the image.",
)
tried = exhibit.exhibit()
closer.views(tried)

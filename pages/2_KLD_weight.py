"""KLD weight: a slider that retrains on demand."""

from ui.kld_weight import closer, exhibit
from ui.shell.page import page

page(
    "kld_weight",
    "β sets how strongly the KLD counts against reconstruction. Near 0 the latent space spreads out and leaves gaps; "
    "at large β it is a perfect Gaussian that carries no information about the image.",
)
settings = exhibit.exhibit()
closer.views(settings)

"""KLD weight: a slider that retrains on demand."""

from ui.jobs.notice import notice
from ui.kld_weight.exhibit import exhibit
from ui.kld_weight.views import views
from ui.shell.page import page

with page(
    "kld_weight",
    "β sets how strongly the KLD counts against reconstruction. Near 0 the latent space spreads out and leaves gaps; "
    "at large β it is a perfect Gaussian that carries no information about the image.",
    notice,
):
    views(exhibit())

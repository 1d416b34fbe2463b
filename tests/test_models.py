from functools import partial

import pytest
import torch

from tests.support.helpers import each_kind, each_model, small_model
from vae_core.config import CONDITION_PLACES, CONDITIONS, LOGVAR_MAX, LOGVAR_MIN
from vae_core.losses import terms
from vae_core.models import Posterior, build_model, reparameterize

ACTIVATIONS = {
    "relu": torch.relu,
    "tanh": torch.tanh,
    "gelu": partial(torch.nn.functional.gelu, approximate="tanh"),
    "sigmoid": torch.sigmoid,
}


def batch(n: int = 6, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(n, 8, 8, generator=generator), torch.arange(n) % 10


@each_model
def test_shapes(config):
    (x, y), model, d = batch(), build_model(config), config.latent_dim
    output = model(x, y)
    assert output.logits.shape == model.decode(output.z, y).shape == (6, 8, 8)
    assert output.z.shape == output.mu.shape == model.encode(x, y).mu.shape == (6, d)
    assert (output.logvar is None) == (config.kind == "ae")
    assert output.logvar is None or output.logvar.shape == (6, d)


@each_model
def test_a_forward_pass_is_encode_sample_decode(config):
    (x, y), model = batch(), build_model(config)
    output = model(x, y, torch.Generator().manual_seed(5))
    mu, logvar = model.encode(x, y)
    z = mu
    if logvar is not None:
        z = mu + torch.exp(logvar / 2) * torch.randn(mu.shape, generator=torch.Generator().manual_seed(5))
    torch.testing.assert_close(output.z, z)
    torch.testing.assert_close(torch.sigmoid(output.logits), model.decode(z, y))


@each_model
def test_every_weight_learns(config):
    (x, y), model = batch(10), build_model(config)
    terms(model(x, y), x, config.likelihood).loss(1.0).backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().max() > 0, name


@each_kind
def test_the_decoder_mirrors_the_encoder(kind):
    config = small_model(kind, image_shape=(3, 4), hidden=(7, 5), num_classes=4)
    model, condition = build_model(config), 4 if kind == "cvae" else 0
    widths = [
        [(layer.in_features, layer.out_features) for layer in net[::2]]
        for net in (model.encoder.net, model.decoder.net)
    ]
    outputs = 2 if kind == "ae" else 4
    assert widths == [[(12 + condition, 7), (7, 5), (5, outputs)], [(2 + condition, 5), (5, 7), (7, 12)]]


@each_model
def test_multiplications_are_counted_in_the_layers(config):
    layers = [layer for layer in build_model(config).modules() if isinstance(layer, torch.nn.Linear)]
    assert config.multiplications == sum(layer.weight.numel() for layer in layers)


@each_model
def test_what_a_decoder_exports_decodes_as_it_does(config):
    model, z = (
        build_model(config, seed=3),
        torch.randn(20, config.latent_dim, generator=torch.Generator().manual_seed(0)),
    )
    y = torch.arange(20) % 10
    values = z
    for activation, weight, bias in model.export_decoder():
        values = ACTIVATIONS[activation](values @ weight + bias[y % len(bias)])
    torch.testing.assert_close(values.unflatten(1, (8, 8)), model.decode(z, y))
    assert len(model.export_decoder()[0].bias) == (10 if config.condition_inputs("decoder") else 1)


def test_sampling_has_the_posteriors_mean_and_standard_deviation():
    mu, logvar = torch.tensor([[1.0, -2.0]]).expand(20_000, 2), torch.tensor([[0.0, -4.0]]).expand(20_000, 2)
    z = reparameterize(Posterior(mu, logvar), torch.Generator().manual_seed(0))
    torch.testing.assert_close(z.mean(dim=0), torch.tensor([1.0, -2.0]), atol=0.03, rtol=0)
    torch.testing.assert_close(z.std(dim=0), torch.tensor([1.0, 0.1353]), atol=0, rtol=0.02)


# ---- the condition ----


@each_model
def test_each_image_has_its_samples_one_after_another(config):
    model = build_model(config)
    x, y = torch.rand(3, *config.image_shape), torch.tensor([0, 1, 2])
    once, thrice = model(x, y), model(x, y, samples=3)
    if config.kind == "ae":
        torch.testing.assert_close(thrice.z, once.z)
    else:
        torch.testing.assert_close(thrice.mu, once.mu.repeat_interleave(3, dim=0))
        assert len(thrice.z.unique(dim=0)) == 9
        torch.testing.assert_close(thrice.logits, model.decode_logits(thrice.z, y.repeat_interleave(3)))


@pytest.mark.parametrize("place", CONDITION_PLACES)
@pytest.mark.parametrize("condition", CONDITIONS)
def test_the_condition_enters_where_it_should_and_nowhere_else(condition, place):
    model = build_model(small_model("cvae", condition=condition, condition_in=place))
    (x, y), z = batch(), torch.zeros(6, 2)
    other = (y + 1) % 10
    assert torch.equal(model.encode(x, y).mu, model.encode(x, other).mu) == (place == "decoder")
    assert torch.equal(model.decode(z, y), model.decode(z, other)) == (place == "encoder")


@pytest.mark.parametrize("condition", CONDITIONS)
def test_every_class_has_a_condition_of_its_own(condition):
    model = build_model(small_model("cvae", condition=condition))
    images = model.decode(torch.zeros(10, 2), torch.arange(10))
    assert len({image.numpy(force=True).tobytes() for image in images}) == 10


@pytest.mark.parametrize("place", CONDITION_PLACES)
def test_a_missing_label_is_refused_where_it_is_needed(place):
    model = build_model(small_model("cvae", condition_in=place))
    calls = {"encoder": lambda: model.encode(batch()[0]), "decoder": lambda: model.decode(torch.zeros(1, 2))}
    for where, call in calls.items():
        if place in ("both", where):
            with pytest.raises(ValueError, match=f"needs labels y in its {where}"):
                call()
        else:
            call()


@pytest.mark.parametrize("kind", ["ae", "vae"])
def test_the_unconditional_models_ignore_the_label(kind):
    (x, y), model = batch(), build_model(small_model(kind))
    assert torch.equal(model.encode(x, y).mu, model.encode(x).mu)
    assert torch.equal(model.decode(torch.ones(6, 2), y), model.decode(torch.ones(6, 2)))


# ---- vectors in the place of labels ----


def test_a_one_hot_vector_has_a_single_one():
    vectors = build_model(small_model("cvae")).condition_vectors()
    assert torch.equal(vectors, torch.eye(10))


def test_an_embeddings_vectors_are_those_that_it_learned():
    model = build_model(small_model("cvae", condition="embedding", condition_dim=5))
    assert torch.equal(model.condition_vectors(), model.condition.weight)


@pytest.mark.parametrize("place", ["both", "decoder"])
@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_classs_vector_decodes_as_its_label(condition, place):
    model = build_model(small_model("cvae", condition=condition, condition_in=place))
    z, y = torch.randn(10, 2, generator=torch.Generator().manual_seed(0)), torch.arange(10).flip(0)
    assert torch.equal(model.decode_with(z, model.condition_vectors()[y]), model.decode(z, y))


@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_mix_of_two_classes_starts_at_one_and_ends_at_the_other(condition):
    model, z = build_model(small_model("cvae", condition=condition)), torch.full((201, 2), 0.3)
    three, eight = model.condition_vectors()[[3, 8]]
    mixed = model.decode_with(z, torch.lerp(three, eight, torch.linspace(0, 1, 201)[:, None]))
    ends = model.decode(z[:2], torch.tensor([3, 8]))
    torch.testing.assert_close(mixed[[0, -1]], ends)
    steps = mixed.diff(dim=0).abs().amax(dim=(1, 2))
    whole = (ends[1] - ends[0]).abs().max()
    assert steps.max() < 0.03 * whole  # it moves all the way, and nowhere in a leap
    assert steps.min() > 0


def test_a_decoder_without_a_condition_takes_no_vector():
    model = build_model(small_model("cvae", condition_in="encoder"))
    with pytest.raises(ValueError, match="decoder has no condition"):
        model.decode_with(torch.zeros(1, 2), model.condition_vectors()[:1])


# ---- ranges ----


@each_kind
def test_images_are_probabilities_wherever_they_are_decoded(kind):
    model = build_model(small_model(kind))
    for scale in (0.0, 1.0, 1e3, 1e9):
        x_hat = model.decode(
            scale * torch.randn(50, 2, generator=torch.Generator().manual_seed(0)), torch.arange(50) % 10
        )
        assert torch.isfinite(x_hat).all()
        assert x_hat.min() >= 0
        assert x_hat.max() <= 1


@pytest.mark.parametrize("kind", ["vae", "cvae"])
def test_logvar_is_bounded(kind):
    (x, y), model = batch(50), build_model(small_model(kind))
    with torch.no_grad():
        for parameter in model.encoder.parameters():
            parameter *= 1e3
    output = model(x, y)
    assert output.logvar.min() == LOGVAR_MIN
    assert output.logvar.max() == LOGVAR_MAX
    assert torch.isfinite(output.z).all()


# ---- fresh weights ----


@each_model
def test_fresh_weights_depend_on_the_seed_alone(config):
    torch.manual_seed(1)
    first = build_model(config, seed=3).state_dict()
    torch.manual_seed(2)
    again, other = build_model(config, seed=3).state_dict(), build_model(config, seed=4).state_dict()
    assert all(torch.equal(first[name], again[name]) for name in first)
    drawn = [name for name in first if not name.startswith("label_prior.")]  # which begins at N(0, I)
    assert not any(torch.equal(first[name], other[name]) for name in drawn)


@each_model
def test_building_leaves_the_global_stream_alone(config):
    before = torch.get_rng_state()
    build_model(config, seed=3)
    assert torch.equal(torch.get_rng_state(), before)


def test_fresh_weights_are_those_of_he_and_biases_those_of_pytorch():
    ours = build_model(small_model("vae", image_shape=(28, 28))).encoder.net[0]
    assert ours.weight.std().item() == pytest.approx((2 / 784) ** 0.5, rel=0.02)
    assert ours.bias.abs().max() <= 1 / 28

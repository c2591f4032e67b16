"""VGG-19 against a plain chain of torch functions."""

import pytest
import torch
import torch.nn.functional as F

from stylize.device import Compute
from stylize.networks import NORMALIZATIONS, VGG19, Metric, Normalization, metric_of
from stylize.networks.vgg import DEPTHS, PADDINGS, POOLINGS

WIDTHS = (3, 4, 5, 6, 7)


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(11)


def pad(x, padding, first):
    if padding == "reflect":
        return F.pad(x, (1, 1, 1, 1), mode="reflect")
    if padding == "replicate-first" and first:
        return F.pad(x, (1, 1, 1, 1), mode="replicate")
    return F.pad(x, (1, 1, 1, 1))


POOL = {
    "max": lambda x: F.max_pool2d(x, 2),
    "average": lambda x: 2.0 * F.avg_pool2d(x, 2),
    "l2": lambda x: 0.78 * (4 * F.avg_pool2d(x**2, 2)).sqrt(),
}


def reference(network, x, padding, pooling):
    """Every activation in turn, from the definition of the network."""
    features = {}
    for block, depth in enumerate(DEPTHS, 1):
        x = POOL[pooling](x) if block > 1 else x
        for n in range(1, depth + 1):
            conv = getattr(network, f"conv{block}_{n}")
            x = F.relu(F.conv2d(pad(x, padding, (block, n) == (1, 1)), conv.weight, conv.bias))
            features[f"relu{block}_{n}"] = x
    return features


@torch.no_grad()
@pytest.mark.parametrize("padding", PADDINGS)
@pytest.mark.parametrize("pooling", POOLINGS)
def test_against_plain_torch(padding, pooling):
    network = VGG19(WIDTHS, padding=padding, pooling=pooling)
    picture = torch.rand(2, 3, 32, 48)
    expected = reference(network, picture, padding, pooling)
    found = network(picture, network.layers)
    assert found.keys() == expected.keys()
    for layer in network.layers:
        torch.testing.assert_close(found[layer], expected[layer], atol=1e-5, rtol=1e-5)


@torch.no_grad()
@pytest.mark.parametrize("size", [(32, 32), (33, 47), (35, 64)])
def test_shapes_of_the_layers(size):
    network = VGG19(WIDTHS)
    for layer, features in network(torch.rand(1, 3, *size), network.layers).items():
        block = int(layer[4])
        expected = [side // 2 ** (block - 1) for side in size]
        assert features.shape == (1, network.layer_channels(layer), *expected)
        assert network.layer_channels(layer) == WIDTHS[block - 1]


@torch.no_grad()
@pytest.mark.parametrize("padding", PADDINGS)
def test_the_smallest_picture(padding):
    side = 16 if padding == "reflect" else 8
    network = VGG19(WIDTHS, "4_1", padding)
    features = network(torch.rand(1, 3, side, side), ("relu4_1",))["relu4_1"]
    assert features.shape == (1, WIDTHS[3], side // 8, side // 8)


def test_only_what_is_wanted_is_computed():
    """At four pixels a side reflection padding fails from the third block on."""
    network, picture = VGG19(WIDTHS, padding="reflect"), torch.rand(1, 3, 4, 4)
    assert set(network(picture, ("relu1_2", "relu2_1"))) == {"relu1_2", "relu2_1"}
    with pytest.raises(RuntimeError, match=r"[Pp]adding"):
        network(picture, ("relu3_1",))
    assert network(picture, ()) == {}


def test_a_layer_that_is_not_there():
    with pytest.raises(KeyError, match=r"ends at relu3_1 and has no relu4_1"):
        VGG19(WIDTHS, "3_1")(torch.rand(1, 3, 16, 16), ("relu1_1", "relu4_1"))


@pytest.mark.parametrize("wrong", [{"padding": "same"}, {"pooling": "min"}, {"last": "6_1"}])
def test_unknown_choices(wrong):
    with pytest.raises(ValueError, match="unknown"):
        VGG19(WIDTHS, **wrong)


def first(network, picture):
    """What the first convolution sees: its weights are those of the identity."""
    with torch.no_grad():
        network.conv1_1.weight.zero_()
        network.conv1_1.bias.fill_(500)  # so that nothing is cut off at zero
        network.conv1_1.weight[range(3), range(3), 1, 1] = 1
        return network(picture, ("relu1_1",))["relu1_1"] - 500


def test_imagenet_normalization():
    picture = torch.rand(1, 3, 4, 5)
    mean, std = (torch.tensor(v).view(1, 3, 1, 1) for v in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
    seen = first(VGG19((3, 4, 4, 4, 4), "1_2", normalization=NORMALIZATIONS["imagenet"]), picture)
    torch.testing.assert_close(seen, (picture - mean) / std, atol=1e-4, rtol=0)


def test_caffe_normalization_is_bgr():
    picture = torch.rand(1, 3, 4, 5)
    red, green, blue = (255 * picture).split(1, 1)
    seen = first(VGG19((3, 4, 4, 4, 4), "1_2", normalization=NORMALIZATIONS["caffe"]), picture)
    expected = torch.cat([blue - 103.939, green - 116.779, red - 123.68], 1)
    torch.testing.assert_close(seen, expected, atol=1e-3, rtol=0)


def test_no_normalization_leaves_the_picture_alone():
    picture = torch.rand(1, 3, 4, 5)
    torch.testing.assert_close(first(VGG19((3, 4, 4, 4, 4), "1_2"), picture), picture, atol=1e-4, rtol=0)


@torch.no_grad()
def test_zero_padding_comes_after_the_normalization():
    """Beyond the border lies the mean color, as in training, and not black."""
    shift = Normalization(((1, 0, 0), (0, 1, 0), (0, 0, 1)), (-0.5, -0.5, -0.5))
    network = VGG19(WIDTHS, "1_1", "zeros", normalization=shift)
    gray = torch.full((1, 3, 5, 5), 0.5)
    features = network(gray, ("relu1_1",))["relu1_1"]
    torch.testing.assert_close(features, features[:, :, 2:3, 2:3].expand_as(features))


@torch.no_grad()
@pytest.mark.parametrize("name", NORMALIZATIONS)
def test_bfloat16_stays_close(name):
    """The colors are normalized in float32; only then does the network's own format begin."""
    network = VGG19((8, 8, 8, 8, 8), "2_1", normalization=NORMALIZATIONS[name])
    picture = torch.rand(1, 3, 32, 32)
    exact = network(picture, ("relu2_1",))["relu2_1"]
    Compute(torch.device("cpu"), torch.bfloat16).place(network)
    rounded = network(picture, ("relu2_1",))["relu2_1"]
    assert rounded.dtype == torch.bfloat16
    assert network.color_bias.dtype == torch.float32
    assert (rounded.float() - exact).norm() < 0.02 * exact.norm()


def test_the_picture_gets_its_gradient_through_a_frozen_network():
    network = VGG19(WIDTHS).requires_grad_(False)
    picture = torch.rand(1, 3, 32, 32, requires_grad=True)
    before = picture.detach().clone()
    features = network(picture, ("relu1_1", "relu5_1"))
    sum(each.square().sum() for each in features.values()).backward()
    assert picture.grad.isfinite().all()
    assert picture.grad.abs().sum() > 0
    assert torch.equal(picture.detach(), before)


@torch.no_grad()
def test_without_gradients_the_picture_is_not_written_over():
    picture = torch.rand(1, 3, 16, 16) - 0.5
    before = picture.clone()
    features = VGG19((3, 4, 4, 4, 4), "2_1")(picture, ("relu1_1", "relu1_2", "relu2_1"))
    assert torch.equal(picture, before)
    assert all((each >= 0).all() for each in features.values())


def test_print_tells_what_it_is():
    assert "last=relu4_1, padding=reflect, pooling=max" in repr(VGG19(WIDTHS, "4_1", "reflect"))


@pytest.mark.parametrize("channels", [4, 6, 9])
def test_a_metric_measures_as_the_map_does(channels):
    weight, bias = torch.randn(channels, 6, 1, 1), torch.randn(channels)
    metric = Metric(6)
    metric.load_state_dict(metric_of(weight, bias))
    one, other = torch.randn(2, 1, 6, 1, 5)
    apart, wanted = metric(one) - metric(other), F.conv2d(one - other, weight)
    assert torch.allclose(apart.norm(dim=1), wanted.norm(dim=1), atol=1e-4)
    mapped = F.conv2d(one, weight, bias)[0, :, 0]
    inside = weight[:, :, 0, 0] @ torch.linalg.pinv(weight[:, :, 0, 0]) @ mapped  # what W can reach of it
    assert torch.allclose(metric(one)[0, :, 0].norm(dim=0), inside.norm(dim=0), atol=1e-3)

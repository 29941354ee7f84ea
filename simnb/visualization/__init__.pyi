from .confusion import confusion_matrix as confusion_matrix
from .histograms import distance_histograms as distance_histograms
from .interactive import save_html as save_html
from .neighbors import viz_neigbors_imgs as viz_neigbors_imgs
from .neighbors import viz_neighbors_imgs as viz_neighbors_imgs
from .precision_recall import precision_recall_curve as precision_recall_curve
from .projector import projector as projector
from .thresholds import metrics_by_threshold as metrics_by_threshold

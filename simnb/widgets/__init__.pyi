from .calibration_explorer.calibration_explorer import CalibrationExplorer as CalibrationExplorer
from .explorer.explorer import Explorer as Explorer
from .loss_explorer.loss_explorer import LossExplorer as LossExplorer
from .neighbor_viewer.neighbor_viewer import NeighborViewer as NeighborViewer
from .neighbors import Neighbors as Neighbors
from .neighbors import neighbors_of as neighbors_of
from .projector.projection import project as project
from .projector.projector import Projector as Projector

from .neighbors import Neighbors as Neighbors
from .neighbors import neighbors_of as neighbors_of
from .projection import project as project
from .projector import Projector as Projector

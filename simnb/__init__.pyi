from . import datasets as datasets
from . import distances as distances
from . import indexer as indexer
from . import layers as layers
from . import losses as losses
from . import models as models
from . import samplers as samplers
from . import search as search
from . import types as types
from . import visualization as visualization
from .indexer import Indexer as Indexer
from .indexer import load_index as load_index
from .models import SimilarityModel as SimilarityModel
from .models import load_model as load_model
from .types import Lookup as Lookup
from .types import Lookups as Lookups
from .versions import show_versions as show_versions

__version__: str

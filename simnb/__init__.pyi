from . import calibration as calibration
from . import callbacks as callbacks
from . import classification_metrics as classification_metrics
from . import datasets as datasets
from . import distances as distances
from . import duplicates as duplicates
from . import indexer as indexer
from . import layers as layers
from . import lessons as lessons
from . import losses as losses
from . import matchers as matchers
from . import models as models
from . import retrieval_metrics as retrieval_metrics
from . import samplers as samplers
from . import search as search
from . import training_metrics as training_metrics
from . import types as types
from . import utils as utils
from . import visualization as visualization
from .indexer import Indexer as Indexer
from .indexer import load_index as load_index
from .models import SimilarityModel as SimilarityModel
from .models import load_model as load_model
from .types import Lookup as Lookup
from .types import Lookups as Lookups
from .versions import show_versions as show_versions

__version__: str

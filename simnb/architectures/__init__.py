"""Networks that embed images, with weights of ImageNet or without; each is a `SimilarityModel`.

All take images with values from 0 to 255; what a network needs of them happens inside.
"""

from simnb.architectures.backbone import from_backbone, set_trainable
from simnb.architectures.efficientnet import EfficientNetSim
from simnb.architectures.lite0 import EfficientNetLite0
from simnb.architectures.resnet18 import ResNet18Im, ResNet18Sim
from simnb.architectures.resnet50 import ResNet50Sim

__all__ = [
    "EfficientNetLite0",
    "EfficientNetSim",
    "ResNet18Im",
    "ResNet18Sim",
    "ResNet50Sim",
    "from_backbone",
    "set_trainable",
]

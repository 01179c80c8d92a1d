/** Networks that are unlike each other: what holds of these holds of the others, which share their nodes. */
export const SOME_NETWORKS = ['espnet', 'espnet-c', 'bisenetv2', 'pspnet-r18', 'deeplabv3-mobilenetv2'];

import { describeOps } from './ops/describe.ts';

// Read when TensorFlow loads, hence in a file, and so a process, of its own. Without oneDNN TensorFlow refuses the
// gradients of dilated convolutions, and the plain forms have to be taken.
process.env.TF_ENABLE_ONEDNN_OPTS = '0';

describeOps('cpu');

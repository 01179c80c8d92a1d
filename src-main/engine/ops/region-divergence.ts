import { type Scalar, type Tensor1D, type Tensor2D, type Tensor3D, tf } from '../tf.ts';
import { divergenceOf } from './divergence.ts';
import { Op, wave } from './forms.ts';
import { runOwnKernel } from './kernels.ts';

/** What leaves a position out of a softmax. */
const OUT = -1e30;

/**
 * T² times Σ over positions of edges · KL over classes + Σ over images of bodies · Σ over classes of KL over the positions
 * inside, KL of softmax(teacher/T) and softmax(student/T); and its gradient with respect to the student's logits [images,
 * positions, classes]. The teacher's may have further outputs behind the classes, which are left out.
 * @param edges [images, positions]
 * @param inside 1 or 0, [images, positions]; 0 where edges is not
 * @param bodies [images]; must be 0 for an image with nothing inside
 */
type RegionDivergence = (
  student: Tensor3D,
  teacher: Tensor3D,
  edges: Tensor2D,
  inside: Tensor2D,
  bodies: Tensor1D,
  temperature: number,
) => { value: Scalar; gradient: Tensor3D };

export const regionDivergence = new Op<RegionDivergence>(
  'divergence of regions',
  {
    plain: (student, teacher, edges, inside, bodies, temperature) =>
      tf.tidy(() => {
        const classes = student.shape[2];
        const same = teacher.shape[2] === classes ? teacher : teacher.slice([0, 0, 0], [-1, -1, classes]);
        const ofEdges = divergenceOf(student, same, temperature, edges.expandDims(2));
        const outside = inside.sub(1).mul(-OUT).expandDims<Tensor3D>(2);
        const [z, t] = [student, same].map((logits) => logits.add<Tensor3D>(outside));
        const ofBodies = divergenceOf(z, t, temperature, bodies.reshape([-1, 1, 1]), 1);
        return {
          value: ofEdges.value.add<Scalar>(ofBodies.value),
          gradient: ofEdges.gradient.add<Tensor3D>(ofBodies.gradient),
        };
      }),
    own: (student, teacher, edges, inside, bodies, temperature) => {
      const inputs = [student, teacher, edges, inside, bodies];
      const [value, gradient] = runOwnKernel('RegionDivergence', inputs, 2, { floats: { temperature } });
      return { value: value as Scalar, gradient: gradient as Tensor3D };
    },
  },
  (form) => {
    const edges = tf.tensor2d([0, 0.5, 0, 0, 0.2, 0, 0, 0.3], [2, 4]);
    const inside = tf.tensor2d([1, 0, 1, 1, 0, 0, 0, 0], [2, 4]);
    return Object.values(form(wave([2, 4, 3]), wave([2, 4, 5], 1), edges, inside, tf.tensor1d([2, 0]), 0.5));
  },
);

import { answerParent } from '../child.ts';
import { load } from './load.ts';

answerParent(load);

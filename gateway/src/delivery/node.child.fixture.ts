// For the tests of this room: a node in a process of its own, so that it can be killed. Takes its settings as a message.
import { type NodeSettings, openNode } from './delivery.fixture.ts';

process.once('message', (settings: NodeSettings) => {
  void openNode({ after: () => undefined }, settings).then(({ delivery }) => delivery.start());
});
process.once('disconnect', () => process.exit());

// fast-check as every test gets it (see jest.config.cjs): from the same seed in each run, so that what passed once does not
// fail by chance another time. `FC_SEED` gives another one, to look at other values.
const fastCheck = require('../../node_modules/fast-check/lib/cjs/fast-check.js');

fastCheck.configureGlobal({ seed: Number(process.env.FC_SEED ?? 20_261_120) });

module.exports = fastCheck;

export * from './carrier/carrier.ts'
export * from './model/model.ts'

export * from './model/model.ts'
